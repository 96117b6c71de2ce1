package dev.luthier.tokenizer.jinja;

import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Map;

/** Shortcuts for tests. */
final class Rendering {
  static final Clock CLOCK = Clock.fixed(Instant.parse("2024-07-26T12:00:00Z"), ZoneOffset.UTC);

  /** Enough for anything reasonable, and soon used up. */
  static final Limits SMALL = new Limits(200_000, 1 << 20, 1 << 20, 8 << 20);

  private Rendering() {}

  static String render(String template) {
    return render(template, Map.of());
  }

  static String render(String template, Map<String, ?> variables) {
    return Template.compile(template, SMALL).render(variables, CLOCK).text();
  }
}
