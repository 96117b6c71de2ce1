package dev.luthier.data.quality;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;
import opennlp.tools.langdetect.LanguageDetectorModel;
import opennlp.tools.langdetect.ThreadSafeLanguageDetectorME;

/**
 * The language of a text: first by its script, and where several languages share one, by OpenNLP's
 * maximum entropy model over character n-grams (103 languages, read from its jar, never from the
 * network).
 *
 * <p>The model's probabilities are spread over all languages and rise with the length of the text,
 * so they are no confidence. What tells sense from nonsense is the odds of the best language
 * against the second; see docs/data-quality.md for how they were calibrated.
 */
public final class Language {
  /** Characters of a text that are looked at. */
  static final int LOOKED_AT = 500;

  /** The least confidence of a guess: odds of 3 to 2 against the second language. */
  static final double LEAST_CONFIDENCE = 0.6;

  /** What a language outside {@link #COMMON} is weighted by. */
  private static final double RARE = 0.5;

  /**
   * The languages of most of the web's text: a choice of ours, guided by Common Crawl's statistics
   * of languages. In CC-MAIN-2024-42 each has 0.05 % of the pages or more, but Tamil (0.047 %) and
   * Urdu (0.031 %); left out are Azerbaijani (0.069 %) and Latin, which the detector there sees in
   * 0.1 %.
   */
  private static final Set<String> COMMON =
      Set.of(
          "ar", "bg", "bn", "bs", "ca", "cs", "da", "de", "el", "en", "es", "et", "fa", "fi", "fr",
          "he", "hi", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "nb", "nl", "pl", "pt",
          "ro", "ru", "sk", "sl", "sr", "sv", "ta", "th", "tr", "uk", "ur", "vi", "zh");

  /** The model's codes for single languages of what ISO 639-1 counts as one. */
  private static final Map<String, String> MACRO =
      Map.of("cmn", "zh", "ekk", "et", "lvs", "lv", "pes", "fa", "plt", "mg");

  /** Languages so close that a second of the same group says nothing against the first. */
  private static final List<Set<String>> CLOSE =
      List.of(Set.of("id", "ms"), Set.of("nb", "nn", "da"), Set.of("hr", "bs", "sr"));

  /** Letters of Russian, Ukrainian and Bulgarian that these alphabets lack. */
  private static final Pattern NOT_SERBIAN = Pattern.compile("[йьюяЙЬЮЯ]");

  private static final Set<String> SERBIAN = Set.of("sr", "mk");

  private static final Map<String, String> TWO_LETTERS = twoLetters();

  private Language() {}

  /**
   * A text's language.
   *
   * @param code ISO 639-1, or 639-3 where that has none
   * @param confidence between 0.6 and 1: p1 / (p1 + p2) of the best two languages
   */
  public record Guess(String code, double confidence) {}

  /**
   * Returns the language of a text, judged by its first 500 characters outside code and addresses;
   * empty when they are too few, mostly code or numbers, of several scripts, or not clearly of one
   * language.
   */
  public static Optional<Guess> of(String text) {
    return Prose.of(text, LOOKED_AT)
        .flatMap(
            prose -> {
              String only = prose.onlyLanguage();
              return only.isEmpty() ? byModel(prose.text()) : Optional.of(new Guess(only, 1));
            });
  }

  /** Returns the language's name in English: "German" for {@code de}. */
  public static String name(String code) {
    return Locale.forLanguageTag(code).getDisplayLanguage(Locale.ENGLISH);
  }

  private static Optional<Guess> byModel(String text) {
    Map<String, Double> odds = new TreeMap<>();
    boolean notSerbian = NOT_SERBIAN.matcher(text).find();
    for (opennlp.tools.langdetect.Language language : Model.DETECTOR.predictLanguages(text)) {
      String code = code(language.getLang());
      double weight = COMMON.contains(code) ? 1 : RARE;
      if (!(notSerbian && SERBIAN.contains(code))) {
        odds.merge(code, weight * language.getConfidence(), Math::max);
      }
    }
    String best = "";
    for (Map.Entry<String, Double> entry : odds.entrySet()) {
      if (best.isEmpty() || entry.getValue() > odds.getOrDefault(best, 0.0)) {
        best = entry.getKey();
      }
    }
    double first = odds.getOrDefault(best, 0.0);
    double second = 0;
    for (Map.Entry<String, Double> entry : odds.entrySet()) {
      if (!entry.getKey().equals(best) && !close(best, entry.getKey())) {
        second = Math.max(second, entry.getValue());
      }
    }
    double confidence = first / (first + second);
    return confidence >= LEAST_CONFIDENCE
        ? Optional.of(new Guess(best, confidence))
        : Optional.empty();
  }

  private static boolean close(String a, String b) {
    return CLOSE.stream().anyMatch(group -> group.contains(a) && group.contains(b));
  }

  private static String code(String iso3) {
    String macro = MACRO.get(iso3);
    return macro != null ? macro : TWO_LETTERS.getOrDefault(iso3, iso3);
  }

  private static Map<String, String> twoLetters() {
    Map<String, String> codes = new HashMap<>();
    Arrays.stream(Locale.getISOLanguages())
        .filter(two -> two.length() == 2)
        .forEach(two -> codes.put(Locale.forLanguageTag(two).getISO3Language(), two));
    codes.put("heb", "he");
    codes.put("ind", "id");
    codes.put("yid", "yi");
    return codes;
  }

  /** Loaded when the first text needs it: 0.8 s and 35 MB of heap. */
  private static final class Model {
    static final ThreadSafeLanguageDetectorME DETECTOR =
        new ThreadSafeLanguageDetectorME(load("/langdetect-183.bin"));

    private static LanguageDetectorModel load(String resource) {
      try (InputStream in = LanguageDetectorModel.class.getResourceAsStream(resource)) {
        if (in == null) {
          throw new IllegalStateException(
              resource + " is missing: is opennlp-models-langdetect on the class path?");
        }
        return new LanguageDetectorModel(in);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
