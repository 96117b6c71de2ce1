package dev.luthier.data.labels;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.SettingDefaults;
import dev.luthier.data.Batch;
import dev.luthier.data.Collator;
import dev.luthier.data.TokenSequence;
import dev.luthier.format.Json;
import dev.luthier.model.Problem;
import dev.luthier.model.Transformer;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelRowsTest {
  /** [CLS]=2 text [SEP]=3; a word's letters are pieces of it. */
  private static final String TOKENIZER =
      """
      {"version":"1.0","truncation":null,"padding":null,"normalizer":null,"decoder":null,
       "added_tokens":[
        {"id":2,"content":"[CLS]","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false},
        {"id":3,"content":"[SEP]","special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}],
       "pre_tokenizer":{"type":"BertPreTokenizer"},
       "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
        "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
        "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]},"[SEP]":{"id":"[SEP]","ids":[3],"tokens":["[SEP]"]}}},
       "model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,
        "vocab":{"[PAD]":0,"[UNK]":1,"[CLS]":2,"[SEP]":3,"a":4,"b":5,"##b":6,".":7}}}
      """;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path folder;

  private Path file(String name, String... lines) throws IOException {
    return Files.writeString(folder.resolve(name), String.join("\n", lines) + "\n");
  }

  private LabelEncoder encoder(Transformer.Kind kind, String config, int most) throws IOException {
    Tokenizer tokenizer = Tokenizer.fromFile(file("tokenizer.json", TOKENIZER));
    return new LabelEncoder(tokenizer, kind, Json.parse(config, "test"), most);
  }

  private static LabelSettings settings() {
    return SettingDefaults.of(LabelSettings.class);
  }

  private LabelSurvey survey(Path file) {
    return LabelSurvey.of(LabelFiles.of(file, true), settings());
  }

  @Test
  void what_is_asked_is_told_by_the_columns() throws IOException {
    assertThat(survey(file("a.csv", "text,label", "x,spam", "y,ham")))
        .isEqualTo(new LabelSurvey(Problem.CLASSES, List.of("ham", "spam")));
    assertThat(
            survey(
                file("b.jsonl", "{\"text\":\"x\",\"label\":10}", "{\"text\":\"y\",\"label\":9}")))
        .isEqualTo(new LabelSurvey(Problem.CLASSES, List.of("9", "10")));
    assertThat(
            survey(
                file("c.jsonl", "{\"text\":\"x\",\"label\":1}", "{\"text\":\"y\",\"label\":0.5}")))
        .isEqualTo(new LabelSurvey(Problem.REGRESSION, List.of("score")));
    assertThat(survey(file("d.csv", "text,labels", "x,red|blue", "y,red")))
        .isEqualTo(new LabelSurvey(Problem.MULTI_LABEL, List.of("blue", "red")));
    assertThat(survey(file("e.jsonl", "{\"tokens\":[\"x\",\"y\"],\"tags\":[\"O\",\"B-A\"]}")))
        .isEqualTo(new LabelSurvey(Problem.TOKENS, List.of("B-A", "O")));
    assertThatThrownBy(() -> survey(file("f.csv", "text,kind", "x,spam")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("text, kind")
        .hasMessageContaining("data.columns.label");
    assertThatThrownBy(() -> survey(file("g.csv", "text,label", "x,spam", "y,spam")))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("one label only, spam");
  }

  @Test
  void an_encoder_says_a_label_at_its_first_token_and_a_decoder_at_its_last() throws IOException {
    Path file = file("a.csv", "text,label", "a b,x", "ab,y");
    LabelSurvey survey = survey(file);
    LabelledData bert =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey,
            settings(),
            encoder(Transformer.Kind.ENCODER, "{\"model_type\":\"bert\"}", 8));
    assertThat(bert.sequences().get(0).tokens()).containsExactly(2, 4, 5, 3);
    assertThat(bert.sequences().get(0).labels()).containsExactly(0, -100, -100, -100);
    LabelledData llama =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey,
            settings(),
            encoder(Transformer.Kind.DECODER, "{\"model_type\":\"llama\"}", 8));
    assertThat(llama.sequences().get(1).tokens()).containsExactly(2, 4, 6, 3);
    assertThat(llama.sequences().get(1).labels()).containsExactly(-100, -100, -100, 1);
  }

  @Test
  void two_texts_have_segments_and_the_longer_one_is_cut() throws IOException {
    Path file = file("a.csv", "text,text2,label", "a a a a a,b,x", "a,b,y");
    LabelledData data =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey(file),
            settings(),
            encoder(Transformer.Kind.ENCODER, "{\"model_type\":\"bert\"}", 7));
    assertThat(data.sequences().get(0).tokens()).containsExactly(2, 4, 4, 4, 3, 5, 3);
    assertThat(data.account().longer()).isEqualTo(1);
    assertThat(data.account().cutTokens()).isEqualTo(2);
    List<List<TokenSequence>> rows = data.sequences().stream().map(List::of).toList();
    Batch batch =
        new LabelBatches(new Collator(0), data.extras(), new float[] {1, 2.5f}).make(rows, 0);
    assertThat(batch.form().types()).containsExactly(0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0);
    assertThat(batch.weights()[7]).isEqualTo(2.5f);
    assertThat(batch.form().inPlace()).isTrue();
    LabelledData roberta =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey(file),
            settings(),
            encoder(Transformer.Kind.ENCODER, "{\"model_type\":\"roberta\"}", 9));
    assertThat(roberta.sequences().get(1).tokens()).containsExactly(2, 4, 3, 3, 5, 3);
    assertThat(roberta.extras()).isEmpty();
  }

  @Test
  void a_words_label_stands_at_its_first_token_and_what_is_cut_is_counted() throws IOException {
    Path file =
        file(
            "a.jsonl",
            "{\"tokens\":[\"abb\",\"a\",\"b\"],\"tags\":[\"B-X\",\"I-X\",\"O\"]}",
            "{\"text\":\"a ab.\",\"spans\":[{\"start\":2,\"end\":4,\"label\":\"X\"}]}");
    LabelSurvey survey = survey(file);
    assertThat(survey.labels()).containsExactly("B-X", "I-X", "O");
    LabelledData data =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey,
            settings(),
            encoder(Transformer.Kind.ENCODER, "{\"model_type\":\"bert\"}", 6));
    assertThat(data.sequences().get(0).tokens()).containsExactly(2, 4, 6, 6, 4, 3);
    assertThat(data.sequences().get(0).labels()).containsExactly(-100, 0, -100, -100, 1, -100);
    assertThat(data.sequences().get(1).labels()).containsExactly(-100, 2, 0, -100, 2, -100);
    assertThat(data.account().lostWords()).isEqualTo(1);
  }

  @Test
  void rare_labels_weigh_more_when_balanced_and_each_label_is_in_both_parts() throws IOException {
    StringBuilder rows = new StringBuilder("text,label");
    for (int i = 0; i < 40; i++) {
      rows.append("\na,").append(i % 10 == 0 ? "rare" : "usual");
    }
    Path file = file("a.csv", rows.toString());
    LabelSurvey survey = survey(file);
    LabelledData data =
        LabelledData.read(
            LabelFiles.of(file, true),
            survey,
            settings(),
            encoder(Transformer.Kind.ENCODER, "{\"model_type\":\"bert\"}", 8));
    long[] counts = data.counts(2, Problem.CLASSES);
    assertThat(counts).containsExactly(4, 36);
    assertThat(ClassWeights.fromSetting("balanced").of(survey.labels(), counts))
        .containsExactly(40 / (2 * 4f), 40 / (2 * 36f));
    assertThat(ClassWeights.fromSetting(Map.of("rare", "3")).of(survey.labels(), counts))
        .containsExactly(3, 1);
    List<LabelledData> parts = data.split(0.25, 7, Problem.CLASSES);
    assertThat(parts.get(0).counts(2, Problem.CLASSES)).containsExactly(3, 27);
    assertThat(parts.get(1).counts(2, Problem.CLASSES)).containsExactly(1, 9);
    assertThat(data.split(0.25, 7, Problem.CLASSES)).isEqualTo(parts);
    assertThat(data.split(0.25, 8, Problem.CLASSES)).isNotEqualTo(parts);
  }

  @Test
  void a_row_without_its_label_is_refused_by_file_and_row() throws IOException {
    Path file = file("a.csv", "text,label", "a,x", "b,", "a,y");
    assertThatThrownBy(() -> survey(file))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("1 of 3 rows cannot be used")
        .hasMessageContaining("a.csv row 2")
        .hasMessageContaining("expected a column label");
  }
}
