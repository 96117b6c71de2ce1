package dev.luthier.tokenizer.jinja;

import org.jspecify.annotations.Nullable;

/**
 * A variable, attribute or element that is not there. It prints as nothing, loops zero times and is
 * false; every other use fails with a message that says what was missing.
 */
final class Undefined {
  private final @Nullable String hint;
  private final @Nullable Object owner;
  private final Object name;
  private final Fault.Kind kind;

  private Undefined(@Nullable String hint, @Nullable Object owner, Object name, Fault.Kind kind) {
    this.hint = hint;
    this.owner = owner;
    this.name = name;
    this.kind = kind;
  }

  static Undefined variable(String name) {
    return new Undefined(null, null, name, Fault.Kind.UNDEFINED);
  }

  static Undefined member(Object owner, Object name) {
    return new Undefined(null, owner, name, Fault.Kind.UNDEFINED);
  }

  static Undefined because(String hint) {
    return new Undefined(hint, null, "", Fault.Kind.UNDEFINED);
  }

  static Undefined unsafe(Object owner, String name) {
    return new Undefined(
        "access to attribute '" + name + "' of '" + Types.name(owner) + "' object is unsafe",
        null,
        name,
        Fault.Kind.SECURITY);
  }

  Fault fault() {
    return new Fault(kind, message());
  }

  private String message() {
    if (hint != null) {
      return hint;
    }
    if (owner == null) {
      return "'" + name + "' is undefined";
    }
    String type = owner instanceof None ? "None" : Types.name(owner) + " object";
    return name instanceof String s
        ? "'" + type + "' has no attribute " + Repr.quote(s)
        : type + " has no element " + (name instanceof Long ? name : Types.name(name));
  }
}
