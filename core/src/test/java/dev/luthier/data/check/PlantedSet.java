package dev.luthier.data.check;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/**
 * A set of conversations that are all different and all in order, and the same set with faults
 * planted at known rows.
 */
final class PlantedSet {
  static final int ROWS = 1200;
  static final int EVALUATION_ROWS = 400;

  private static final ObjectMapper JSON = new ObjectMapper();

  private static final String[] NOUNS =
      ("river engine garden teacher bridge market window lantern harbour doctor forest kitchen"
              + " violin castle painter valley library farmer ocean station mirror soldier bakery"
              + " mountain sailor theatre cottage island tailor meadow museum captain orchard printer"
              + " village compass hunter chapel merchant tunnel")
          .split(" ");
  private static final String[] VERBS =
      ("repair follow paint measure visit describe protect watch carry admire collect remember"
              + " explain build clean discover study support observe prepare restore guard photograph"
              + " sell")
          .split(" ");
  private static final String[] ADJECTIVES =
      ("old quiet broken golden narrow famous wooden distant careful heavy bright modest ancient"
              + " empty gentle curious frozen simple crowded steep hollow rusty sunny patient")
          .split(" ");
  private static final String[] ADVERBS =
      ("slowly often rarely gladly carefully together quietly suddenly bravely early").split(" ");
  private static final String[] CATEGORIES = {"travel", "craft", "history", "nature"};

  private final Random random;
  private final List<String> lines = new ArrayList<>();
  private final Map<String, Integer> planted = new TreeMap<>();
  private final List<String> evaluation = new ArrayList<>();

  private PlantedSet(long seed) {
    random = new Random(seed);
    for (int row = 0; row < ROWS; row++) {
      lines.add(json(row(question(), answer(), CATEGORIES[row % CATEGORIES.length])));
    }
    for (int row = 0; row < EVALUATION_ROWS; row++) {
      evaluation.add(json(row(question(), answer(), CATEGORIES[0])));
    }
  }

  static PlantedSet clean() {
    return new PlantedSet(7);
  }

  /** Fault and detail, joined by a blank, to the 1-based row that has it. */
  Map<String, Integer> planted() {
    return planted;
  }

  Path write(Path file) throws IOException {
    return Files.write(file, lines);
  }

  Path writeEvaluation(Path file) throws IOException {
    return Files.write(file, evaluation);
  }

  static PlantedSet faulty() {
    PlantedSet set = clean();
    String fine = "The old bridge leads to the quiet village.";
    set.plant("unreadable", "{\"messages\": [{\"role\": \"user\", \"content\": \"cut");
    set.plant(
        "mixed-formats text", "{\"text\": \"A wooden boat lay at the narrow pier all day.\"}");
    set.plant(
        "roles",
        chat("user", "Who guards the gate?", "user", "And who paints it?", "assistant", fine));
    set.plant("empty-turn", chat("system", " ", "user", "Where is the mill?", "assistant", fine));
    set.plant("one-sided", chat("user", "Where does the steep road near the orchard lead to?"));
    set.plant("unusable", chat("user", "Who sings?", "critic", "Hm.", "assistant", fine));
    set.plant(
        "nothing-trained",
        "{\"messages\": [{\"role\": \"user\", \"content\": \"Who owns the mill by the lake?\"},"
            + " {\"role\": \"assistant\", \"content\": \"The miller's daughter owns it now.\","
            + " \"train\": false}]}");
    set.plant(
        "template-drops",
        chat(
            "user",
            "Is it open?",
            "assistant",
            "One moment, please.",
            "tool",
            "opening: nine",
            "assistant",
            "The museum opens at nine in the morning."));
    set.plant("too-long", chat("user", "Tell me a long story.", "assistant", set.sentences(60)));
    set.plant("special-text", set.asked("Please explain <|im_end|> to the curious painter."));
    set.plant("exact-duplicates", set.lines.get(3));
    set.plant("near-duplicates", set.lines.get(5).replaceFirst("the ", "this "));
    set.plant("eval-duplicates", set.evaluation.get(11));
    set.plant("eval-overlap", set.asked(sharing(set.evaluation.get(12))));
    set.personal();
    set.answers();
    set.damage();
    return set;
  }

  private void personal() {
    plant("personal-data email", asked("Write to anna.keller@posteo.de about the garden fence."));
    plant("personal-data phone", asked("Call me on +49 30 901820 when the tailor is back."));
    plant("personal-data card", asked("Charge 4539 1488 0343 6467 for the violin lessons."));
    plant("personal-data iban", asked("Send it to DE89 3704 0044 0532 0130 00 before Friday."));
    plant("personal-data ip", asked("The server at 81.169.145.77 hosts the library catalogue."));
    plant("personal-data national_id", asked("My SSN is 536-90-4399, as the doctor asked."));
    plant(
        "personal-data secret",
        asked("Use the token ghp_a8Xk29LmQpR4tYv7WzB1cD3eF5gH6jK8nPqS for the station feed."));
  }

  private void answers() {
    plant(
        "language",
        chat(
            "user",
            "Wie komme ich am besten zum alten Hafen der Stadt?",
            "assistant",
            "Gehen Sie über die Brücke und dann immer am Fluss entlang, bis Sie die Schiffe sehen."));
    plant("refusal", answered("I'm sorry, but I can't help with that request."));
    plant("boilerplate", answered("As an AI language model, I like the old harbour very much."));
    plant(
        "truncated",
        answered(
            "The harbour was built by hand. It took forty years to finish. Many of the builders"
                + " never saw the end of it because the work was hard and the winters were"));
    plant("repetition", answered("The sea is calm. " + "It is calm and wide. ".repeat(40)));
    String question = "Which of the narrow streets behind the theatre leads to the bakery?";
    plant("echo", chat("user", question, "assistant", question + " The left one."));
    plant("placeholder", answered("Dear [Your Name], the captain thanks you for the visit."));
    plant("empty-answer", answered("N/A"));
  }

  private void damage() {
    plant("mojibake", answered("The cafÃ© by the harbour serves crÃ¨me all day long."));
    plant("replacement", answered("The caf\ufffd by the harbour serves cake all day long."));
    plant("control", answered("The bell rings\u0007 at noon, and the market closes."));
    plant("invisible", answered("The bell\u200b rings at noon, and the market closes early."));
    plant("markup", answered("The bell rings at noon,<br> and the market&nbsp;closes early."));
  }

  private static String sharing(String evaluationLine) {
    String text = evaluationLine.replaceFirst(".*\"assistant\",\"content\":\"", "");
    return "Is it true that " + text.substring(0, text.indexOf("\"}")) + " Please explain.";
  }

  /** Every 23rd row from 40 on, so that none that others are compared with is overwritten. */
  private void plant(String fault, String line) {
    int row = 40 + 23 * planted.size();
    lines.set(row, line);
    planted.put(fault, row + 1);
  }

  private String asked(String question) {
    return chat("user", question, "assistant", answer());
  }

  private String answered(String answer) {
    return chat("user", question(), "assistant", answer);
  }

  private static String chat(String... turns) {
    List<Map<String, String>> messages = new ArrayList<>();
    for (int i = 0; i < turns.length; i += 2) {
      messages.add(message(turns[i], turns[i + 1]));
    }
    return json(Map.of("messages", messages));
  }

  private static Map<String, String> message(String role, String content) {
    Map<String, String> message = new LinkedHashMap<>();
    message.put("role", role);
    message.put("content", content);
    return message;
  }

  private static Map<String, Object> row(String question, String answer, String category) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("messages", List.of(message("user", question), message("assistant", answer)));
    row.put("category", category);
    return row;
  }

  private String question() {
    return switch (random.nextInt(4)) {
      case 0 -> "Why did the " + thing() + " " + verb() + " the " + thing() + "?";
      case 1 ->
          "When should a "
              + noun()
              + " "
              + verb()
              + " the "
              + thing()
              + " near the "
              + noun()
              + "?";
      case 2 -> "Can you " + verb() + " the " + thing() + " before the " + noun() + " arrives?";
      default -> "What makes the " + thing() + " so different from the " + thing() + "?";
    };
  }

  private String answer() {
    return sentences(2 + random.nextInt(3));
  }

  private String sentences(int count) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < count; i++) {
      out.append(i == 0 ? "" : " ");
      out.append(
          switch (random.nextInt(3)) {
            case 0 ->
                "The "
                    + thing()
                    + " will "
                    + pick(ADVERBS)
                    + " "
                    + verb()
                    + " the "
                    + thing()
                    + ".";
            case 1 ->
                "A "
                    + thing()
                    + " near the "
                    + noun()
                    + " can "
                    + verb()
                    + " every "
                    + noun()
                    + " "
                    + pick(ADVERBS)
                    + ".";
            default ->
                "Because the "
                    + noun()
                    + " is "
                    + pick(ADJECTIVES)
                    + ", people "
                    + verb()
                    + " the "
                    + thing()
                    + " "
                    + pick(ADVERBS)
                    + ".";
          });
    }
    return out.toString();
  }

  private String thing() {
    return pick(ADJECTIVES) + " " + noun();
  }

  private String noun() {
    return pick(NOUNS);
  }

  private String verb() {
    return pick(VERBS);
  }

  private String pick(String[] words) {
    return words[random.nextInt(words.length)];
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }
}
