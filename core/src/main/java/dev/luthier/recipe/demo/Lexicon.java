package dev.luthier.recipe.demo;

import java.util.List;

/** Word lists that belong to no class of nouns. */
final class Lexicon {
  static final List<String> COLOURS =
      words("red blue green yellow white black brown gray orange purple pink golden silver");

  static final List<String> FUR_COLOURS = words("brown black white gray");

  static final List<String> WOMEN =
      words(
          """
          Anna Maria Lucy Emma Clara Alice Ruth Nora Sara Julia Rosa Ella Ivy Grace Helen Laura
          Mary Lily Jane Eva Hannah Martha Sophie Zoe Olga Ingrid Priya Mei Amina Fatima
          """);
  static final List<String> MEN =
      words(
          """
          Tom Peter John Paul David Henry Oscar Max Felix Hugo Leo Samuel Victor Walter Simon
          George Arthur Oliver Daniel Robert Adam Noah Ivan Omar Kenji Carlos Pedro Ravi Ali Jonas
          """);

  static final List<String> POSSESSIVES = words("my your his her our their");
  static final List<String> NUMBERS =
      words("two three four five six seven eight nine ten eleven twelve");
  static final List<String> QUANTIFIERS = words("some many several these those a_few both");

  static final List<String> FREQUENCY = words("often always sometimes rarely never usually");

  private Lexicon() {}

  /** The words of a table; an underscore stands for a space inside one. */
  static List<String> words(String table) {
    return List.of(table.strip().split("\\s+")).stream().map(w -> w.replace('_', ' ')).toList();
  }

  /** {@code text} with its first letter in upper case. */
  static String capitalised(String text) {
    return Character.toUpperCase(text.charAt(0)) + text.substring(1);
  }
}
