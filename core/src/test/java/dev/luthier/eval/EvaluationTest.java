package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.data.Collator;
import dev.luthier.data.DataSettings.Format;
import dev.luthier.data.DataSettings.TrainOn;
import dev.luthier.data.Question;
import dev.luthier.data.SftEncoder;
import dev.luthier.data.TokenSequence;
import dev.luthier.generate.GenerateRequest;
import dev.luthier.generate.GenerateSettings;
import dev.luthier.generate.Generation;
import dev.luthier.generate.Generator;
import dev.luthier.generate.StopReason;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.NativeObjects;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.BlockwiseStep;
import dev.luthier.train.Evaluator;
import dev.luthier.train.TinyLlama;
import dev.luthier.train.TrainingRows;
import dev.luthier.train.WeightSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluationTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.chat();
  private static final Transformer MODEL = TinyLlama.full(3, TinyLlama.TEXT_CONFIG);
  private static final Generator GENERATOR =
      new Generator(MODEL, TOKENIZER, Set.of(TOKENIZER.eosId().getAsInt()));

  private Path file = Path.of("");

  @BeforeEach
  void rows(@TempDir Path folder) throws IOException {
    file = folder.resolve("rows.jsonl");
    Files.writeString(
        file,
        """
        {"prompt": "The birch canoe", "completion": " slid on the smooth planks."}
        {"prompt": "Glue the sheet", "completion": " to the dark blue background."}
        {"prompt": "It's easy", "completion": " to tell."}
        {"text": "These days a chicken leg is a rare dish."}
        """);
  }

  private EvaluationData data() {
    SftEncoder encoder = new SftEncoder(TOKENIZER, Optional.empty(), TrainOn.ASSISTANT, Set.of());
    return EvaluationData.read(file, encoder, Format.AUTO, 128);
  }

  private static Evaluation evaluate(EvaluationData data) {
    return Evaluation.of(GENERATOR, data, 3, Evaluation.Progress.NONE, () -> false);
  }

  @Test
  void loss_is_the_evaluators_and_accuracy_counts_greedy_hits() {
    EvaluationData data = data();
    Evaluation result = evaluate(data);
    Evaluator.Score expected =
        new Evaluator(new BlockwiseStep(MODEL, WeightSource.of(MODEL)))
            .score(data.rows().batches(2, 0));
    assertThat(result.labelTokens()).isEqualTo(expected.labelTokens());
    assertThat(result.loss()).isCloseTo(expected.perToken(), Offset.offset(1e-5));
    assertThat(data.questions()).hasSize(3);
    assertThat(result.exactMatch()).hasValue(0);
    assertThat(result.answers()).hasSize(3).noneMatch(Evaluation.Answer::matches);
  }

  @Test
  void a_model_is_right_about_what_it_generates() {
    List<Question> asked = data().questions();
    Set<Integer> ends = new HashSet<>();
    asked.forEach(question -> ends.add(said(GENERATOR, question).tokens()[7]));
    Generator ending = new Generator(MODEL, TOKENIZER, ends);
    List<Question> questions = new ArrayList<>();
    List<List<TokenSequence>> rows = new ArrayList<>();
    for (Question question : asked) {
      Generation said = said(ending, question);
      int length = question.prompt().length;
      questions.add(new Question(question.prompt(), " " + said.text() + "\n", question.row()));
      int[] all = Arrays.copyOf(question.prompt(), length + said.tokens().length);
      System.arraycopy(said.tokens(), 0, all, length, said.tokens().length);
      int[] labels = all.clone();
      Arrays.fill(labels, 0, length, TokenSequence.IGNORED);
      labels[length] = (labels[length] + 1) % 400; // one miss each
      rows.add(List.of(new TokenSequence(all, labels, question.row())));
    }
    questions.set(1, new Question(questions.get(1).prompt(), "something else", 2));
    TrainingRows sequences = new TrainingRows(rows, new Collator(0));
    EvaluationData own = new EvaluationData(sequences, questions, data().report());
    Evaluation result = Evaluation.of(ending, own, 2, Evaluation.Progress.NONE, () -> false);
    assertThat(result.exactMatch().getAsDouble()).isCloseTo(2 / 3.0, Offset.offset(1e-12));
    assertThat(result.tokenAccuracy() * result.labelTokens())
        .isCloseTo(result.labelTokens() - 3.0, Offset.offset(1e-6));
  }

  private static Generation said(Generator by, Question question) {
    return by.generate(new GenerateRequest(question.prompt(), GenerateSettings.greedy(20)));
  }

  @Test
  void an_answer_matches_when_only_white_space_around_it_differs() {
    Question question = new Question(new int[] {5}, " yes\n", 1);
    assertThat(answer(question, "yes").matches()).isTrue();
    assertThat(answer(question, "yes.").matches()).isFalse();
    assertThat(answer(question, "y es").matches()).isFalse();
  }

  private static Evaluation.Answer answer(Question question, String text) {
    return new Evaluation.Answer(question, new Generation(text, new int[0], 1, StopReason.STOP));
  }

  @Test
  void questions_that_fill_the_context_are_not_asked() {
    List<Question> questions =
        List.of(new Question(new int[128], "x", 1), new Question(new int[] {5}, "x", 2));
    assertThat(Evaluation.ask(GENERATOR, questions, 2, Evaluation.Progress.NONE, () -> false))
        .extracting(answer -> answer.question().row())
        .containsExactly(2);
  }

  @Test
  void an_interrupted_evaluation_reports_nothing() {
    assertThatThrownBy(
            () -> Evaluation.of(GENERATOR, data(), 3, Evaluation.Progress.NONE, () -> true))
        .isInstanceOf(LuthierException.class);
  }

  @Test
  void leaves_no_native_object_behind() {
    EvaluationData data = data();
    assertThat(NativeObjects.leftBehindBy(() -> evaluate(data))).isZero();
  }
}
