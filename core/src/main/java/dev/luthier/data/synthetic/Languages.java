package dev.luthier.data.synthetic;

import dev.luthier.data.quality.Language;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Refuses rows of which the instruction or the output is clearly in a language that is not wanted.
 * What is too short to tell passes.
 *
 * @param wanted codes as {@link Language} gives them
 */
record Languages(List<String> wanted) implements Validator {
  Languages {
    wanted = List.copyOf(wanted);
  }

  @Override
  public Optional<Rejection> judge(Candidate candidate) {
    return Stream.of(candidate.instruction(), candidate.output())
        .flatMap(text -> Language.of(text).stream())
        .map(Language.Guess::code)
        .filter(code -> !wanted.contains(code))
        .findFirst()
        .map(
            code ->
                new Rejection(
                    "language",
                    "found " + Language.name(code) + ", wanted " + String.join(", ", wanted)));
  }
}
