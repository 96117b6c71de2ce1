package dev.luthier.recipe.demo;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** English word forms: the regular rules and a table of exceptions. */
final class Inflection {
  private static final Map<String, String> PLURALS =
      pairs(
          """
          child children man men woman women fisherman fishermen postman postmen mouse mice
          goose geese sheep sheep deer deer fish fish trout trout salmon salmon carp carp knife knives
          shelf shelves wolf wolves calf calves loaf loaves leaf leaves scarf scarves
          potato potatoes tomato tomatoes hero heroes thief thieves
          this these that those
          """);

  /** Base, past, participle. */
  private static final Map<String, List<String>> IRREGULAR =
      triples(
          """
          read read read  write wrote written  eat ate eaten  drink drank drunk
          drive drove driven  ride rode ridden  see saw seen  hear heard heard
          find found found  lose lost lost  hide hid hidden  put put put  leave left left
          keep kept kept  sit sat sat  stand stood stood  sleep slept slept  sing sang sung
          lie lay lain  run ran run  swim swam swum  fly flew flown  fall fell fallen
          grow grew grown  ring rang rung  blow blew blown  shine shone shone
          build built built  buy bought bought  bring brought brought  sell sold sold
          hold held held  catch caught caught  throw threw thrown  draw drew drawn
          teach taught taught  meet met met  forget forgot forgotten  tear tore torn
          understand understood understood  wear wore worn  sew sewed sewn  cut cut cut
          steal stole stolen  feed fed fed  know knew known  lend lent lent  creep crept crept
          leap leaped leaped  slide slid slid  speed sped sped  swing swung swung
          hang hung hung  take took taken  make made made  tell told told  begin began begun
          kneel knelt knelt  fight fought fought  break broke broken  bite bit bitten
          choose chose chosen  give gave given  win won won  lay laid laid  dig dug dug
          spread spread spread  weave wove woven  shake shook shaken
          """);

  private Inflection() {}

  static String plural(String noun) {
    String known = PLURALS.get(noun);
    return known != null ? known : noun.endsWith("o") ? noun + "s" : withS(noun);
  }

  /** The form after he, she or it. */
  static String thirdPerson(String verb) {
    return verb.endsWith("o") ? verb + "es" : withS(verb);
  }

  static String past(String verb) {
    List<String> known = IRREGULAR.get(verb);
    return known != null ? known.get(1) : regularPast(verb);
  }

  static String participle(String verb) {
    List<String> known = IRREGULAR.get(verb);
    return known != null ? known.get(2) : regularPast(verb);
  }

  /** The -ing form. */
  static String gerund(String verb) {
    if (verb.endsWith("ie")) {
      return verb.substring(0, verb.length() - 2) + "ying";
    }
    if (verb.endsWith("e") && !verb.endsWith("ee")) {
      return verb.substring(0, verb.length() - 1) + "ing";
    }
    return doubled(verb) + "ing";
  }

  /** {@code phrase} behind "a" or "an", by the sound of its first word. */
  static String withArticle(String phrase) {
    boolean vowel = "aeiouAEIOU".indexOf(phrase.charAt(0)) >= 0;
    boolean consonantSound =
        phrase.startsWith("use") || phrase.startsWith("unique") || phrase.startsWith("uni");
    boolean silentH = phrase.startsWith("honest") || phrase.startsWith("hour");
    return ((vowel && !consonantSound) || silentH ? "an " : "a ") + phrase;
  }

  private static String withS(String word) {
    if (word.endsWith("s")
        || word.endsWith("x")
        || word.endsWith("z")
        || word.endsWith("ch")
        || word.endsWith("sh")) {
      return word + "es";
    }
    if (word.endsWith("y") && !isVowel(word, word.length() - 2)) {
      return word.substring(0, word.length() - 1) + "ies";
    }
    return word + "s";
  }

  private static String regularPast(String verb) {
    if (verb.endsWith("e")) {
      return verb + "d";
    }
    if (verb.endsWith("y") && !isVowel(verb, verb.length() - 2)) {
      return verb.substring(0, verb.length() - 1) + "ied";
    }
    return doubled(verb) + "ed";
  }

  /**
   * Doubles the last letter of one syllable that ends consonant, vowel, consonant: stop, stopp-.
   */
  private static String doubled(String verb) {
    int n = verb.length();
    boolean closed =
        n >= 3
            && !isVowel(verb, n - 1)
            && "wxy".indexOf(verb.charAt(n - 1)) < 0
            && isVowel(verb, n - 2)
            && !isVowel(verb, n - 3);
    boolean stressed = vowelGroups(verb) == 1 || verb.equals("forget") || verb.equals("begin");
    return closed && stressed ? verb + verb.charAt(n - 1) : verb;
  }

  private static int vowelGroups(String word) {
    int groups = 0;
    for (int i = 0; i < word.length(); i++) {
      if (isVowel(word, i) && (i == 0 || !isVowel(word, i - 1))) {
        groups++;
      }
    }
    return groups;
  }

  private static boolean isVowel(String word, int at) {
    return "aeiou".indexOf(word.charAt(at)) >= 0;
  }

  private static Map<String, String> pairs(String table) {
    List<String> words = Lexicon.words(table);
    Map<String, String> map = new HashMap<>();
    for (int i = 0; i < words.size(); i += 2) {
      map.put(words.get(i), words.get(i + 1));
    }
    return map;
  }

  private static Map<String, List<String>> triples(String table) {
    List<String> words = Lexicon.words(table);
    Map<String, List<String>> map = new HashMap<>();
    for (int i = 0; i < words.size(); i += 3) {
      map.put(words.get(i), words.subList(i, i + 3));
    }
    return map;
  }
}
