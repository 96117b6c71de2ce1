package dev.luthier.data.synthetic;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses instructions that speak of what text cannot show or do, by the words that Self-Instruct
 * filters by.
 */
final class TextOnly implements Validator {
  private static final Set<String> WORDS =
      Set.of(
          "image",
          "images",
          "graph",
          "graphs",
          "picture",
          "pictures",
          "file",
          "files",
          "map",
          "maps",
          "draw",
          "plot",
          "video",
          "videos",
          "audio",
          "music",
          "flowchart",
          "flowcharts",
          "diagram",
          "diagrams");

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    List<String> words = WordTokens.of(candidate.instruction());
    return words.stream()
        .filter(WORDS::contains)
        .findFirst()
        .or(() -> goTo(words))
        .map(word -> new Rejection("keyword", "the instruction has the word " + word));
  }

  private static Optional<String> goTo(List<String> words) {
    for (int i = 1; i < words.size(); i++) {
      if (words.get(i - 1).equals("go") && words.get(i).equals("to")) {
        return Optional.of("go to");
      }
    }
    return Optional.empty();
  }
}
