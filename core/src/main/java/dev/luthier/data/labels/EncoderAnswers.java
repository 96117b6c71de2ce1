package dev.luthier.data.labels;

import dev.luthier.data.Dropped;
import dev.luthier.data.EncodedRow;
import dev.luthier.data.Example;
import dev.luthier.data.Examples;
import dev.luthier.data.Examples.Turn;
import dev.luthier.data.Question;
import dev.luthier.data.Row;
import dev.luthier.data.RowEncoder;
import dev.luthier.data.RowRefused;
import dev.luthier.data.TokenSequence;
import dev.luthier.tokenizer.Tokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Answers as an encoder reads them, as the second of two texts: {@code [CLS] prompt [SEP] answer
 * [SEP]}. Of a conversation all but the last turn is the prompt, its turns a blank line apart. The
 * answer has the labels.
 *
 * @param encoder of pairs of texts
 * @param tokenizer the model's
 */
public record EncoderAnswers(LabelEncoder encoder, Tokenizer tokenizer) implements RowEncoder {
  @Override
  public EncodedRow encode(Row row) {
    List<Turn> turns = Examples.turns(row.example());
    if (turns.size() < 2 || row.example() instanceof Example.Labelled) {
      throw new RowRefused("expected a prompt and an answer");
    }
    String prompt =
        turns.subList(0, turns.size() - 1).stream()
            .map(Turn::text)
            .collect(Collectors.joining("\n\n"));
    String answer = turns.get(turns.size() - 1).text();
    LabelEncoder.Encoded one =
        encoder.encode(
            new LabelledRow(Words.none(prompt), Optional.of(answer), List.of(), List.of()));
    int[] labels = one.tokens().clone();
    int answered = tokenizer.encodeIds(answer, false).length;
    Arrays.fill(labels, 0, Math.max(1, labels.length - 1 - answered), TokenSequence.IGNORED);
    String text = prompt + "\n\n" + answer;
    return new EncodedRow(
        new TokenSequence(one.tokens(), labels, row.number()),
        text,
        tokenizer.encode(text, false),
        0,
        0,
        true,
        0,
        Set.of(),
        Dropped.NOTHING);
  }

  @Override
  public Optional<Question> question(Row row) {
    return Optional.empty();
  }
}
