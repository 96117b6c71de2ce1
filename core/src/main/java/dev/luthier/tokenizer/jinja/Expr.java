package dev.luthier.tokenizer.jinja;

/** An expression of a template. */
interface Expr {
  Object eval(Env env, Scope scope);
}
