package dev.luthier.recipe.demo;

import java.util.List;

/** Greetings, small talk, counting, word forms and opposites. */
final class TalkTasks {
  private static final List<String> COUNT =
      Lexicon.words(
          """
          one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen
          sixteen seventeen eighteen nineteen twenty
          """);
  private static final List<String> DAYS =
      Lexicon.words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday");
  private static final List<String> OPPOSITES =
      Lexicon.words(
          """
          old new small large hot cold young old rich poor tall short wet dry empty full loud quiet
          happy sad early late fast slow thick thin heavy light wide narrow strong weak clean dirty
          """);

  /** A question and its one answer, in turn. */
  private static final List<String> SMALL_TALK =
      List.of(
          "How are you?", "I am fine, thank you.",
          "Thank you.", "You are welcome.",
          "Good morning.", "Good morning. How can I help you?",
          "Good night.", "Good night. Sleep well.",
          "Goodbye.", "Goodbye. See you soon.",
          "Who are you?", "I am a small language model.",
          "What can you do?", "I can repeat sentences and answer simple questions.",
          "Can you help me?", "Yes. What do you need?",
          "Are you a person?", "No. I am a small language model.",
          "Hello.", "Hello. How can I help you?",
          "Hi.", "Hi. How can I help you?",
          "I am tired.", "You should rest.",
          "I am hungry.", "You should eat.",
          "How many days are in a week?", "Seven.",
          "What is the color of the sky?", "Blue.",
          "What is the color of grass?", "Green.",
          "What is the color of snow?", "White.");

  private final Draw draw;

  TalkTasks(Draw draw) {
    this.draw = draw;
  }

  /** One or two turns. */
  List<Turn> next() {
    return switch (draw.below(7)) {
      case 0 -> List.of(count());
      case 1 -> introduction();
      case 2 -> List.of(wordForm());
      case 3 -> List.of(opposite());
      case 4 -> List.of(day());
      default -> List.of(smallTalk());
    };
  }

  private Turn smallTalk() {
    int i = 2 * draw.below(SMALL_TALK.size() / 2);
    return new Turn(SMALL_TALK.get(i), SMALL_TALK.get(i + 1));
  }

  private List<Turn> introduction() {
    String name = draw.of(draw.of(Lexicon.WOMEN, Lexicon.MEN));
    return List.of(
        new Turn("My name is " + name + ".", "Hello " + name + ". How can I help you?"),
        new Turn("What is my name?", "Your name is " + name + "."));
  }

  private Turn count() {
    int from = draw.below(12);
    int to = from + draw.between(1, 7);
    return new Turn(
        "Count from " + COUNT.get(from) + " to " + COUNT.get(to) + ".",
        String.join(", ", COUNT.subList(from, to + 1)));
  }

  private Turn wordForm() {
    if (draw.chance(50)) {
      Kind kind = draw.of(List.of(Kind.PERSON, Kind.ANIMAL, Kind.TOOL, Kind.FOOD, Kind.THING));
      String noun = draw.of(kind.nouns());
      return new Turn("What is the plural of " + noun + "?", Inflection.plural(noun));
    }
    String verb = draw.of(draw.of(Frame.TRANSITIVE).verbs());
    return new Turn("What is the past of " + verb + "?", Inflection.past(verb));
  }

  private Turn opposite() {
    int i = 2 * draw.below(OPPOSITES.size() / 2);
    return new Turn("What is the opposite of " + OPPOSITES.get(i) + "?", OPPOSITES.get(i + 1));
  }

  private Turn day() {
    int i = draw.below(DAYS.size());
    return new Turn("What day comes after " + DAYS.get(i) + "?", DAYS.get((i + 1) % 7) + ".");
  }
}
