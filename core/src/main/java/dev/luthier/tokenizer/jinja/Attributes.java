package dev.luthier.tokenizer.jinja;

import org.jspecify.annotations.Nullable;

/** An object of ours with named attributes. */
interface Attributes {
  /** The attribute, or null if there is none of that name. */
  @Nullable Object attribute(Env env, String name);
}
