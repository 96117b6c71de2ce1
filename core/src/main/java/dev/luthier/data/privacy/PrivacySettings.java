package dev.luthier.data.privacy;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.SettingDefaults;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * What counts as personal data, and what becomes of rows that have some.
 *
 * @param action what happens to a row with findings
 * @param kinds what is looked for: {@code all}, or some of email, phone, card, iban, ip,
 *     national_id, secret; empty for patterns of one's own only
 * @param region the country whose national way of writing telephone numbers is understood, ISO 3166
 * @param patterns a name of one's own and the regular expression of what it names
 * @param allow regular expressions; a finding that one of them matches as a whole is none
 * @param reserved whether addresses reserved for documentation, such as example.com's, are findings
 */
public record PrivacySettings(
    @Setting(help = "rows with personal data: keep | redact | drop", value = "redact")
        Action action,
    @Setting(
            help = "all, or a list of email, phone, card, iban, ip, national_id, secret",
            value = "all")
        List<String> kinds,
    @Setting(help = "country (ISO 3166) whose telephone numbers are known without +", value = "US")
        String region,
    @Setting(help = "patterns of your own: {badge: 'EMP-\\d{6}'}", value = "")
        Map<String, String> patterns,
    @Setting(help = "regular expressions of findings that are none", value = "") List<String> allow,
    @Setting(help = "find what is reserved for documentation too (example.com)", value = "false")
        boolean reserved) {
  private static final String ALL = "all";
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,39}");

  /** What happens to a row with personal data. */
  public enum Action {
    /** It stays as it is; the findings are reported. */
    KEEP,
    /** Each finding is replaced by a marker such as {@code [EMAIL]}. */
    REDACT,
    /** The row is left out. */
    DROP;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Checks everything at once. */
  public PrivacySettings {
    kinds = List.copyOf(kinds);
    patterns = Collections.unmodifiableMap(new LinkedHashMap<>(patterns));
    allow = List.copyOf(allow);
    Complaints complaints = new Complaints();
    for (String kind : kinds) {
      complaints.unless(
          kind.equals(ALL) || Kind.words().contains(kind),
          "privacy.kinds",
          kind,
          "must be all or some of " + String.join(", ", Kind.words()));
    }
    complaints.unless(
        Set.of(Locale.getISOCountries()).contains(region),
        "privacy.region",
        region,
        "must be a country's two letters, such as US or DE");
    patterns.forEach((name, regex) -> checkPattern(name, regex, complaints));
    allow.forEach(regex -> checkRegex("privacy.allow", regex, complaints));
    complaints.throwIfAny();
  }

  /** Returns all kinds, redacted, telephone numbers as written in the US. */
  public static PrivacySettings defaults() {
    return SettingDefaults.of(PrivacySettings.class);
  }

  /** Returns whether findings of a kind are wanted. */
  boolean wants(String kind) {
    return patterns.containsKey(kind) || kinds.contains(ALL) || kinds.contains(kind);
  }

  private static void checkPattern(String name, String regex, Complaints complaints) {
    String key = "privacy.patterns." + name;
    complaints.unless(
        NAME.matcher(name).matches() && !Kind.words().contains(name.toLowerCase(Locale.ROOT)),
        key,
        "not a name for a pattern",
        "must be letters, digits, _ and -, and none of " + String.join(", ", Kind.words()));
    checkRegex(key, regex, complaints);
  }

  private static void checkRegex(String key, String regex, Complaints complaints) {
    try {
      Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      complaints.unless(
          false,
          key,
          regex,
          "not a regular expression, "
              + e.getDescription().strip()
              + " at "
              + Math.max(0, e.getIndex()));
    }
  }
}
