package dev.luthier.data.synthetic;

import dev.luthier.Complaints;
import dev.luthier.Setting;
import dev.luthier.UsageException;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Which rows are kept.
 *
 * @param novelty rows whose new part has this ROUGE-L with a kept row's, or more, are refused; 0
 *     keeps all
 * @param minWords words of an instruction, at least
 * @param maxWords words of an instruction, at most
 * @param minChars characters of an output, at least
 * @param maxChars characters of a row, at most
 * @param maxTokens tokens of a row, at most, counted by {@code tokenizer}; 0 for no bound
 * @param tokenizer a folder with a tokenizer
 * @param output what every output must look like
 * @param languages ISO 639 codes of the languages that rows may be in; empty for any
 * @param require expressions that every output must have
 * @param forbid expressions that no row may have
 * @param textOnly whether instructions that speak of images, files and the like are refused
 * @param start what an instruction may begin with
 * @param support the share of an answer's words that its document must have
 */
public record ValidateSettings(
    @Setting(help = "refuse rows with this ROUGE-L to a kept one; 0: none", value = "0.7")
        double novelty,
    @Setting(help = "words of an instruction, at least", value = "3") int minWords,
    @Setting(help = "words of an instruction, at most", value = "150") int maxWords,
    @Setting(help = "characters of an output, at least", value = "1") int minChars,
    @Setting(help = "characters of a row, at most", value = "20000") int maxChars,
    @Setting(help = "tokens of a row, at most; 0 for no bound", value = "0") int maxTokens,
    @Setting(help = "folder of the tokenizer that counts them") Optional<Path> tokenizer,
    @Setting(help = "every output is: any | json | list | code", value = "any") OutputFormat output,
    @Setting(help = "languages kept, ISO 639-1 codes: [en, de]; none keeps all", value = "")
        List<String> languages,
    @Setting(help = "regular expressions that every output must have", value = "")
        List<String> require,
    @Setting(help = "regular expressions that no row may have", value = "") List<String> forbid,
    @Setting(help = "self-instruct: refuse tasks with images, files, ...", value = "true")
        boolean textOnly,
    @Setting(help = "self-instruct: tasks begin with any | word | ascii", value = "word")
        Start start,
    @Setting(help = "qa: share of an answer's words in its document", value = "0.6")
        double support) {

  /** Checks everything at once. */
  public ValidateSettings {
    languages = List.copyOf(languages);
    require = List.copyOf(require);
    forbid = List.copyOf(forbid);
    Complaints complaints =
        new Complaints()
            .unless(
                novelty >= 0 && novelty <= 1, "validate.novelty", novelty, "must be from 0 to 1")
            .unless(minWords >= 1, "validate.minWords", minWords, "must be at least 1")
            .unless(
                maxWords >= minWords,
                "validate.maxWords",
                maxWords,
                "must be at least validate.minWords, " + minWords)
            .unless(minChars >= 1, "validate.minChars", minChars, "must be at least 1")
            .unless(maxChars >= 1, "validate.maxChars", maxChars, "must be at least 1")
            .unless(maxTokens >= 0, "validate.maxTokens", maxTokens, "must be 0 or more")
            .unless(
                support >= 0 && support <= 1, "validate.support", support, "must be from 0 to 1");
    for (String language : languages) {
      complaints.unless(
          language.matches("[a-z]{2,3}"),
          "validate.languages",
          language,
          "must be a code of ISO 639 in lower case, such as en or de");
    }
    if (maxTokens > 0 == tokenizer.isEmpty()) {
      complaints.add(
          "validate.maxTokens and validate.tokenizer belong together: set both or neither");
    }
    try {
      Patterns.compile(require, "validate.require");
      Patterns.compile(forbid, "validate.forbid");
    } catch (UsageException e) {
      complaints.addAll(e);
    }
    complaints.throwIfAny();
  }

  /**
   * The rules, cheap ones first.
   *
   * @param task whose rows they judge; what it knows counts as kept
   */
  public Validator validator(SyntheticTask task) {
    Validator all =
        new Lengths(
                minWords, maxWords, minChars, maxChars, maxTokens, tokenizer.map(Tokenizer::load))
            .and(output)
            .and(
                new Patterns(
                    Patterns.compile(require, "validate.require"),
                    Patterns.compile(forbid, "validate.forbid")))
            .and(new Support(support));
    if (task.grows()) {
      all = all.and(start).and(new Copied());
      all = textOnly ? all.and(new TextOnly()) : all;
    }
    if (!languages.isEmpty()) {
      all = all.and(new Languages(languages));
    }
    if (novelty == 0) {
      return all;
    }
    Novelty known = new Novelty(novelty);
    task.known().forEach(known::know);
    return all.and(known);
  }
}
