package dev.luthier.recipe.demo;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Exercises on words without sense: copy, swap, pick, reverse, join, capitalise. */
final class WordTasks {
  private final Draw draw;
  private final WordPool pool;
  private final Phrases phrases;

  WordTasks(Draw draw) {
    this.draw = draw;
    this.pool = new WordPool(draw);
    this.phrases = new Phrases(draw);
  }

  Turn next() {
    int sort = draw.below(100);
    if (sort < 40) {
      String words = pool.phrase(2, 14);
      return new Turn(draw.of("", "", "Repeat: ", "Copy this: ", "Say: ") + words, words);
    }
    if (sort < 65) {
      return swap();
    }
    return sort < 80 ? letters() : pick();
  }

  /** "red canoe / seven" becomes "seven / red canoe". Never clauses, so never Yoda-speak. */
  private Turn swap() {
    String mark = draw.of(" / ", " | ", "; ", ", ");
    String left = part();
    String right = part();
    return new Turn("Swap: " + left + mark + right, right + mark + left);
  }

  private String part() {
    return draw.chance(50) ? pool.phrase(1, 5) : phrases.common(kind()).text();
  }

  private Kind kind() {
    return draw.of(List.of(Kind.values()));
  }

  private Turn letters() {
    String words = draw.chance(50) ? phrases.common(kind()).text() : pool.phrase(1, 6);
    String capitalised = Lexicon.capitalised(words);
    return draw.chance(50)
        ? new Turn("Begin with a capital letter: " + words, capitalised)
        : new Turn("As a sentence: " + words, capitalised + ".");
  }

  private Turn pick() {
    List<String> words = pool.words(draw.between(3, 8));
    String all = String.join(" ", words);
    int last = words.size() - 1;
    switch (draw.below(6)) {
      case 0:
        return new Turn("First word: " + all, words.get(0));
      case 1:
        return new Turn("Last word: " + all, words.get(last));
      case 2:
        return new Turn("Last two words: " + all, words.get(last - 1) + " " + words.get(last));
      case 3:
        int at = draw.below(last);
        return new Turn("What comes after " + words.get(at) + "? " + all, words.get(at + 1));
      case 4:
        return new Turn("With commas: " + all, String.join(", ", words));
      default:
        List<String> reversed = new ArrayList<>(words.subList(0, Math.min(5, words.size())));
        String forward = String.join(" ", reversed);
        Collections.reverse(reversed);
        return new Turn("Backwards: " + forward, String.join(" ", reversed));
    }
  }
}
