package dev.luthier.data.privacy;

import dev.luthier.data.privacy.Candidates.Candidate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Finds and redacts personal data and secrets in texts. What is found, what is checked, and what is
 * not found: {@code docs/personal-data.md}.
 *
 * <p>With default settings, {@code redact("Write to ann@acme.io, card 4111 1111 1111 1111.")} is
 * {@code "Write to [EMAIL], card [CARD]."}.
 *
 * <p>Time is linear in the text's length, except for what {@link PrivacySettings#patterns} of one's
 * own take. Immutable; may be used by several threads.
 */
public final class PersonalData {
  /**
   * Redacting may free what stood against a finding, so it is repeated. One pass does in nearly
   * every text; the bound is for texts made to need many.
   */
  private static final int PASSES = 8;

  private final PrivacySettings settings;
  private final List<Detector> detectors;
  private final Map<String, Pattern> own = new LinkedHashMap<>();
  private final List<Pattern> allowed;
  private final Pattern markers;

  private PersonalData(PrivacySettings settings) {
    this.settings = settings;
    // All of them, also for kinds that are not wanted: a card's number is no telephone's.
    detectors =
        List.of(
            new Emails(),
            new Phones(settings.region()),
            new Numbers(),
            new Tokens(),
            new PrivateKeys(),
            new Credentials());
    settings.patterns().forEach((name, regex) -> own.put(name, Pattern.compile(regex)));
    allowed = settings.allow().stream().map(Pattern::compile).toList();
    markers =
        Pattern.compile(
            Stream.concat(Kind.words().stream(), own.keySet().stream())
                .map(kind -> Pattern.quote(Finding.marker(kind)))
                .collect(Collectors.joining("|")));
  }

  /** Returns a finder of what the settings name. */
  public static PersonalData of(PrivacySettings settings) {
    return new PersonalData(settings);
  }

  /**
   * Returns the personal data of a text, in order of position, none overlapping. Where two
   * explanations overlap the longer wins; markers of an earlier redaction are never part of one.
   */
  public List<Finding> find(String text) {
    Candidates candidates = new Candidates();
    for (Detector detector : detectors) {
      detector.find(text, candidates);
    }
    own.forEach((name, pattern) -> findOwn(name, pattern, text, candidates));
    if (candidates.isEmpty()) {
      return List.of();
    }
    List<Finding> out = new ArrayList<>();
    for (Candidate c : candidates.settledOutside(markers.matcher(text))) {
      if (isWanted(c, text)) {
        out.add(new Finding(c.kind(), c.start(), c.end()));
      }
    }
    return List.copyOf(out);
  }

  /** Returns the text with a marker such as {@code [EMAIL]} in place of each finding. */
  public String redact(String text) {
    return redact(text, finding -> {});
  }

  /**
   * The same.
   *
   * @param found is told of each finding; in a further pass, by its place in what the last one made
   */
  public String redact(String text, Consumer<Finding> found) {
    String out = text;
    for (int pass = 0; pass < PASSES; pass++) {
      List<Finding> findings = find(out);
      if (findings.isEmpty()) {
        return out;
      }
      findings.forEach(found);
      out = replace(out, findings);
    }
    return out;
  }

  private static String replace(String text, List<Finding> findings) {
    StringBuilder out = new StringBuilder(text.length());
    int done = 0;
    for (Finding f : findings) {
      out.append(text, done, f.start()).append(f.marker());
      done = f.end();
    }
    return out.append(text, done, text.length()).toString();
  }

  private static void findOwn(String name, Pattern pattern, String text, Candidates candidates) {
    Matcher m = pattern.matcher(text);
    while (m.find()) {
      if (m.end() > m.start()) {
        candidates.addOwn(name, m.start(), m.end());
      }
    }
  }

  private boolean isWanted(Candidate c, String text) {
    if (!settings.wants(c.kind()) || c.reserved() && !settings.reserved()) {
      return false;
    }
    String found = text.substring(c.start(), c.end());
    return allowed.stream().noneMatch(pattern -> pattern.matcher(found).matches());
  }
}
