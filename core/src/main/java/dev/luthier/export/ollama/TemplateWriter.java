package dev.luthier.export.ollama;

import dev.luthier.export.gotemplate.GoTemplate;
import dev.luthier.export.ollama.ChatForm.Place;
import dev.luthier.export.ollama.ChatForm.SystemForm;
import java.time.Clock;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;

/** A {@link ChatForm} in Go's template language, over Ollama's {@code .Messages}. */
final class TemplateWriter {
  private final ChatForm form;
  private final Optional<PrintedDate> date;
  private final Clock clock;
  private final StringBuilder out = new StringBuilder();

  private TemplateWriter(ChatForm form, Optional<PrintedDate> date, Clock clock) {
    this.form = form;
    this.date = date;
    this.clock = clock;
  }

  /**
   * Writes a form.
   *
   * @param date the form of the date in it, if it prints one
   * @param clock the day that was printed when the form was learned
   */
  static String write(ChatForm form, Optional<PrintedDate> date, Clock clock) {
    TemplateWriter writer = new TemplateWriter(form, date, clock);
    writer.trims();
    writer.date();
    writer.text(form.begin());
    writer.messages();
    return writer.out.toString();
  }

  private void trims() {
    Set<Trim> used = new LinkedHashSet<>();
    for (Role role : Role.values()) {
      used.add(form.trim(role));
    }
    used.add(form.system().userTrim());
    used.remove(Trim.NONE);
    used.forEach(trim -> out.append(trim.definition()));
  }

  private void date() {
    date.ifPresent(d -> out.append("{{ $date := currentDate }}{{ $month := slice $date 5 7 }}"));
  }

  private void messages() {
    out.append("{{ $before := \"\" }}{{ range $i, $_ := .Messages }}");
    out.append("{{ $last := eq (len (slice $.Messages $i)) 1 }}");
    out.append("{{ if eq .Role \"system\" }}");
    system();
    out.append("{{ else }}");
    if (!form.withoutSystem().isEmpty()) {
      out.append("{{ if not $before }}");
      text(form.withoutSystem());
      out.append("{{ end }}");
    }
    out.append("{{ if eq .Role \"user\" }}");
    user();
    out.append("{{ else if eq .Role \"assistant\" }}");
    text(form.assistant().before());
    content(Role.ASSISTANT);
    out.append("{{ if not $last }}");
    text(form.assistant().after());
    out.append("{{ end }}{{ end }}{{ $before = .Role }}{{ end }}");
    out.append("{{ if and $last (ne .Role \"assistant\") }}");
    text(form.answer());
    out.append("{{ end }}{{ end }}");
  }

  private void system() {
    SystemForm system = form.system();
    if (system.place() != Place.OWN) {
      return;
    }
    if (!system.printsEmpty()) {
      out.append("{{ if .Content }}");
    }
    either("$before", system.later().before(), system.first().before());
    content(Role.SYSTEM);
    either("$before", system.later().after(), system.first().after());
    out.append("{{ $before = .Role }}");
    if (!system.printsEmpty()) {
      out.append("{{ end }}");
    }
  }

  private void user() {
    String before = form.user().before();
    boolean folds =
        form.system().place() == Place.OWN && !form.system().userBefore().equals(before);
    if (folds) {
      out.append("{{ if eq $before \"system\" }}");
      text(form.system().userBefore());
      out.append("{{ else }}");
    }
    either("$before", before, form.firstUser());
    if (folds) {
      out.append("{{ end }}");
    }
    if (form.system().place() == Place.LAST_USER) {
      out.append("{{ if and $last $.System }}");
      trimmed(form.trim(Role.SYSTEM), "$.System");
      text(form.system().first().after());
      out.append("{{ end }}");
    }
    userContent();
    text(form.user().after());
  }

  private void userContent() {
    SystemForm system = form.system();
    Trim usual = form.trim(Role.USER);
    if (system.place() == Place.NOWHERE || system.userTrim().equals(usual)) {
      content(Role.USER);
      return;
    }
    out.append(
        system.place() == Place.OWN
            ? "{{ if eq $before \"system\" }}"
            : "{{ if and $last $.System }}");
    trimmed(system.userTrim(), ".Content");
    out.append("{{ else }}");
    content(Role.USER);
    out.append("{{ end }}");
  }

  /** One text or the other, without a question where they are the same. */
  private void either(String condition, String yes, String no) {
    if (yes.equals(no)) {
      text(yes);
      return;
    }
    out.append("{{ if ").append(condition).append(" }}");
    text(yes);
    out.append("{{ else }}");
    text(no);
    out.append("{{ end }}");
  }

  private void content(Role role) {
    trimmed(form.trim(role), ".Content");
  }

  private void trimmed(Trim trim, String value) {
    out.append(trim.equals(Trim.NONE) ? "{{ " : "{{ template \"" + trim.name() + "\" ")
        .append(value)
        .append(" }}");
  }

  /** Literal text; what a Modelfile or the language itself would read otherwise is escaped. */
  private void text(String literal) {
    String day = date.map(d -> d.on(clock)).orElse("");
    int at = day.isEmpty() ? -1 : literal.indexOf(day);
    if (at >= 0) {
      text(literal.substring(0, at));
      out.append(date.map(PrintedDate::go).orElse(""));
      text(literal.substring(at + day.length()));
      return;
    }
    out.append(escaped(literal));
  }

  static String escaped(String literal) {
    StringBuilder out = new StringBuilder();
    StringBuilder held = new StringBuilder();
    int[] points = literal.codePoints().toArray();
    for (int i = 0; i < points.length; i++) {
      int c = points[i];
      boolean quotes = c == '"' && i + 1 < points.length && points[i + 1] == '"';
      boolean brace = c == '{' && (i + 1 == points.length || points[i + 1] == '{');
      if (isPlain(c) && !quotes && !brace) {
        flush(held, out);
        out.appendCodePoint(c);
      } else {
        held.appendCodePoint(c);
      }
    }
    flush(held, out);
    return out.toString();
  }

  private static void flush(StringBuilder held, StringBuilder out) {
    if (held.length() > 0) {
      out.append("{{ ").append(GoTemplate.quoted(held.toString())).append(" }}");
      held.setLength(0);
    }
  }

  /** Ollama drops what Go does not call printable from a Modelfile, but for line ends and tabs. */
  private static boolean isPlain(int c) {
    if (c == '\n' || c == ' ') {
      return true;
    }
    return Character.isDefined(c)
        && !Character.isISOControl(c)
        && !Character.isSpaceChar(c)
        && Character.getType(c) != Character.FORMAT
        && Character.getType(c) != Character.SURROGATE
        && Character.getType(c) != Character.PRIVATE_USE;
  }
}
