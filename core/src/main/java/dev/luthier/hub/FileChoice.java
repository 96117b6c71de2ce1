package dev.luthier.hub;

import dev.luthier.LuthierException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Which files of a repository are wanted. */
@FunctionalInterface
public interface FileChoice {
  /**
   * Chooses.
   *
   * @param all what a commit has
   * @return some of them, in their order
   */
  List<HubFile> of(List<HubFile> all);

  /**
   * What a model or an adapter is loaded from: one form of its weights (safetensors before
   * PyTorch's pickles), configuration, tokenizer, card and licence. Weights of other frameworks,
   * other formats and other precisions, which many repositories hold beside these, stay where they
   * are.
   */
  static FileChoice model() {
    return ModelChoice::of;
  }

  /** Everything. */
  static FileChoice all() {
    return all -> all;
  }

  /**
   * What matches a glob over whole paths, as the file system of this machine has it: {@code *} ends
   * at a slash, {@code **} does not.
   */
  static FileChoice glob(String glob) {
    PathMatcher matcher;
    try {
      matcher = FileSystems.getDefault().getPathMatcher("glob:" + glob);
    } catch (PatternSyntaxException e) {
      throw new LuthierException(glob + " is no glob: " + e.getDescription() + ".", e);
    }
    return all -> all.stream().filter(f -> matcher.matches(Path.of(f.path()))).toList();
  }

  /**
   * What a user lists for {@code pull}: patterns as of Python's fnmatch, in which {@code *} does
   * not end at a slash; one that ends in a slash takes all below it.
   *
   * @param otherwise what is taken if nothing is to be included by name
   */
  static FileChoice listed(List<String> include, List<String> exclude, FileChoice otherwise) {
    Predicate<HubFile> out = anyOf(exclude);
    FileChoice chosen =
        include.isEmpty() ? otherwise : all -> all.stream().filter(anyOf(include)).toList();
    return all -> chosen.of(all).stream().filter(out.negate()).toList();
  }

  private static Predicate<HubFile> anyOf(List<String> patterns) {
    List<Pattern> compiled = patterns.stream().map(FileChoice::fnmatch).toList();
    return file -> compiled.stream().anyMatch(p -> p.matcher(file.path()).matches());
  }

  private static Pattern fnmatch(String text) {
    StringBuilder out = new StringBuilder();
    for (char c : (text.endsWith("/") ? text + "*" : text).toCharArray()) {
      switch (c) {
        case '*' -> out.append(".*");
        case '?' -> out.append('.');
        case '[', ']', '-' -> out.append(c);
        default -> out.append(Pattern.quote(String.valueOf(c)));
      }
    }
    try {
      return Pattern.compile(out.toString().replace("[\\Q!\\E", "[^"));
    } catch (PatternSyntaxException e) {
      throw new LuthierException(text + " is no pattern: " + e.getDescription() + ".", e);
    }
  }

  /** Whether a name ends in one of some endings, in either case. */
  static boolean ends(String name, List<String> endings) {
    String lower = name.toLowerCase(Locale.ROOT);
    return endings.stream().anyMatch(lower::endsWith);
  }
}
