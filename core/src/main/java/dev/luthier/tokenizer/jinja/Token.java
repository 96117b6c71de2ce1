package dev.luthier.tokenizer.jinja;

/**
 * One token of a template.
 *
 * @param type what it is
 * @param text an operator's or name's text, template data, or a string's value
 * @param value an integer's or float's value, else the text
 * @param line line of the template, from 1
 */
record Token(Type type, String text, Object value, int line) {
  enum Type {
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    INTEGER,
    FLOAT,
    OPERATOR,
    EOF
  }

  boolean is(Type wanted) {
    return type == wanted;
  }

  boolean isName(String name) {
    return type == Type.NAME && text.equals(name);
  }

  boolean isOperator(String operator) {
    return type == Type.OPERATOR && text.equals(operator);
  }

  /** For error messages. */
  String describe() {
    return switch (type) {
      case EOF -> "end of template";
      case BLOCK_END -> "end of statement block";
      case VARIABLE_END -> "end of print statement";
      case BLOCK_BEGIN -> "begin of statement block";
      case VARIABLE_BEGIN -> "begin of print statement";
      case DATA -> "template data";
      case STRING -> "a string";
      default -> "'" + text + "'";
    };
  }
}
