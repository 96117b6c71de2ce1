package dev.luthier.export.gotemplate;

/**
 * A piece of a template.
 *
 * @param kind what it is
 * @param text as it stands there; of a string constant, its value
 * @param line from 1
 * @param spaced whether white space stands before it
 */
record Token(Kind kind, String text, int line, boolean spaced) {
  enum Kind {
    /** Outside of actions. */
    TEXT,
    OPEN,
    CLOSE,
    /** A function or keyword. */
    WORD,
    /** {@code .Name}. */
    FIELD,
    /** {@code $name}. */
    VARIABLE,
    STRING,
    CHAR,
    NUMBER,
    /** The dot alone. */
    DOT,
    /** {@code | ( ) , = :=}. */
    SIGN,
    END
  }

  boolean is(Kind wanted, String value) {
    return kind == wanted && text.equals(value);
  }
}
