package dev.luthier.tokenizer.jinja;

/** A function, method or macro. */
@FunctionalInterface
interface Callable {
  Object call(Env env, Args args);
}
