package dev.luthier.recipe.demo;

/**
 * A noun phrase as it stands inside a sentence: only names and "I" begin with a capital.
 *
 * @param text all its words
 * @param head the noun as written, for telling two phrases apart
 * @param plural whether the verb takes its plural form; "you" counts as plural
 * @param animate whether one asks for it with "who"
 */
record NounPhrase(String text, String head, boolean plural, boolean animate) {
  /** A name or a pronoun. */
  static NounPhrase word(String text, boolean plural) {
    return new NounPhrase(text, text, plural, true);
  }

  /** Whether a verb in the present takes its -s. */
  boolean thirdSingular() {
    return !plural && !text.equals("I");
  }
}
