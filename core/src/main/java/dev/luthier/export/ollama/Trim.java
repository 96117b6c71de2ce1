package dev.luthier.export.ollama;

import dev.luthier.export.gotemplate.GoTemplate;
import java.util.List;
import java.util.stream.Collectors;

/**
 * What a template takes off a content's ends. Go's templates have no function for it, but one that
 * calls itself with a shorter {@code slice} does the same.
 *
 * @param left characters that are taken off the front
 * @param right characters that are taken off the end
 */
record Trim(String left, String right) {
  /** Nothing. */
  static final Trim NONE = new Trim("", "");

  private static final List<String> SETS = List.of("", "\n", " \n\t\r\u000b\f");

  /** A content that shows which it is. */
  static final String BEFORE = "\n \t";

  /** The same for the end. */
  static final String AFTER = "\t \n";

  /** All that are known, the least first. */
  static final List<Trim> KNOWN =
      SETS.stream().flatMap(l -> SETS.stream().map(r -> new Trim(l, r))).toList();

  /** What is left of {@link #BEFORE}, the mark and {@link #AFTER}. */
  String applied(String mark) {
    int start = 0;
    int end = AFTER.length();
    while (start < BEFORE.length() && left.indexOf(BEFORE.charAt(start)) >= 0) {
      start++;
    }
    while (end > 0 && right.indexOf(AFTER.charAt(end - 1)) >= 0) {
      end--;
    }
    return BEFORE.substring(start) + mark + AFTER.substring(0, end);
  }

  /** Its name among a template's definitions. */
  String name() {
    return "trim" + KNOWN.indexOf(this);
  }

  /** Defines it in Go's template language. */
  String definition() {
    String end = right.isEmpty() ? "{{ . }}" : "{{ template \"" + name() + "end\" . }}";
    String front =
        "{{ define \""
            + name()
            + "\" }}"
            + (left.isEmpty()
                ? end
                : "{{ if and . (eq (slice . 0 1)"
                    + list(left)
                    + ") }}{{ template \""
                    + name()
                    + "\" (slice . 1) }}{{ else }}"
                    + end
                    + "{{ end }}")
            + "{{ end }}";
    // The length of all but the first byte is that of all but the last.
    return right.isEmpty()
        ? front
        : "{{ define \""
            + name()
            + "end\" }}{{ if and . (eq (slice . (len (slice . 1)))"
            + list(right)
            + ") }}{{ template \""
            + name()
            + "end\" (slice . 0 (len (slice . 1))) }}{{ else }}{{ . }}{{ end }}{{ end }}"
            + front;
  }

  private static String list(String characters) {
    return characters
        .chars()
        .mapToObj(c -> " " + GoTemplate.quoted(Character.toString(c)))
        .collect(Collectors.joining());
  }
}
