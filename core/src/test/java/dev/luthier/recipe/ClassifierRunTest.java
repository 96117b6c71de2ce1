package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.data.labels.LabelTexts;
import dev.luthier.eval.labels.Answer;
import dev.luthier.eval.labels.Classifier;
import dev.luthier.eval.labels.Confusion;
import dev.luthier.eval.labels.LabelReport;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.SafetensorsWriter;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small models learn rows that the test makes, and are used afterwards. */
class ClassifierRunTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final String[] WORDS = "ant bee cat dog eel fox gnu hen".split(" ");

  private static final String DISTILBERT =
      """
      {"model_type":"distilbert","architectures":["DistilBertForMaskedLM"],"vocab_size":16,"dim":32,
       "n_heads":4,"n_layers":2,"hidden_dim":64,"max_position_embeddings":32,"activation":"gelu",
       "initializer_range":0.1,"pad_token_id":0}
      """;
  private static final String LLAMA =
      """
      {"model_type":"llama","architectures":["LlamaForCausalLM"],"vocab_size":16,"hidden_size":32,
       "intermediate_size":48,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,
       "max_position_embeddings":32,"rms_norm_eps":1e-5,"tie_word_embeddings":false,
       "initializer_range":0.1}
      """;

  @TempDir
  @SuppressWarnings("NullAway.Init")
  private Path temp;

  private Path model(String config) throws IOException {
    Path folder = Files.createDirectory(temp.resolve("model"));
    ObjectNode json = Json.parse(config, "test");
    LoadedModel fresh = LOADER.fresh(json, 3);
    ModelFiles.write(folder, json, fresh.transformer().parameters().all(), DType.F32);
    StringBuilder vocab = new StringBuilder("\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3");
    for (int i = 0; i < WORDS.length; i++) {
      vocab.append(",\"").append(WORDS[i]).append("\":").append(4 + i);
    }
    Files.writeString(
        folder.resolve("tokenizer.json"),
        """
        {"version":"1.0","truncation":null,"padding":null,"normalizer":null,"decoder":null,
         "added_tokens":[{"id":2,"content":"[CLS]","special":true,"single_word":false,"lstrip":false,
          "rstrip":false,"normalized":false}],
         "pre_tokenizer":{"type":"Whitespace"},
         "post_processor":{"type":"TemplateProcessing",
          "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
          "pair":[{"Sequence":{"id":"A","type_id":0}},{"Sequence":{"id":"B","type_id":1}}],
          "special_tokens":{"[CLS]":{"id":"[CLS]","ids":[2],"tokens":["[CLS]"]}}},
         "model":{"type":"WordLevel","unk_token":"[UNK]","vocab":{%s}}}
        """
            .formatted(vocab));
    return folder;
  }

  /** Rows of five words; the label is rare where the word fox is among them. */
  private Path rows(int count) throws IOException {
    Random random = new Random(5);
    List<String> lines = new ArrayList<>(List.of("text,label"));
    for (int i = 0; i < count; i++) {
      boolean rare = i % 6 == 0;
      List<String> words = new ArrayList<>();
      for (int w = 0; w < 5; w++) {
        String word = WORDS[random.nextInt(WORDS.length)];
        words.add(word.equals("fox") ? "gnu" : word);
      }
      if (rare) {
        words.set(random.nextInt(5), "fox");
      }
      lines.add(String.join(" ", words) + "," + (rare ? "seen" : "unseen"));
    }
    return Files.writeString(temp.resolve("rows.csv"), String.join("\n", lines) + "\n");
  }

  private ClassifierRun.Result run(Path model, Path data, String... more) {
    Settings settings = new Settings();
    settings.set("model=" + model);
    settings.set("output=" + temp.resolve("out"));
    settings.set("data.train=" + data);
    settings.set("data.evalShare=0.25");
    settings.set("train.learningRate=5e-3");
    settings.set("train.microBatchSize=16");
    settings.set("train.gradientAccumulation=1");
    settings.set("checkpoint.everySteps=0");
    for (String one : more) {
      settings.set(one);
    }
    return ClassifierRun.run(
        settings.bind(ClassifierSettings.class), false, () -> false, new TrainListener() {});
  }

  private static void beatsTheMajority(ClassifierRun.Result result) {
    LabelReport report = result.report().orElseThrow();
    Confusion confusion = report.confusion().orElseThrow();
    assertThat(confusion.margin()[1]).as(report.text()).isGreaterThan(0);
    assertThat(report.fields()).containsKeys("accuracy", "macro_f1", "by_label", "confusion");
  }

  private static Answer answer(LoadedModel model, Path tokenizer, String text) {
    Classifier classifier = new Classifier(model, Tokenizer.load(tokenizer), "the model");
    return classifier.answers(List.of(LabelTexts.of(text, false))).get(0);
  }

  @Test
  void an_encoder_learns_a_rare_label_and_is_a_classifier_afterwards() throws IOException {
    Path model = model(DISTILBERT);
    ClassifierRun.Result result =
        run(model, rows(480), "data.classWeights=balanced", "train.epochs=8");
    beatsTheMajority(result);
    Path out = temp.resolve("out");
    ObjectNode config = Json.read(out.resolve("config.json"));
    assertThat(config.at("/architectures/0").asText())
        .isEqualTo("DistilBertForSequenceClassification");
    assertThat(config.at("/id2label/1").asText()).isEqualTo("unseen");
    assertThat(config.at("/label2id/seen").asInt(-1)).isZero();
    assertThat(config.path("problem_type").asText()).isEqualTo("single_label_classification");
    assertThat(Json.read(out.resolve("run.json")).at("/results/evaluation/accuracy").isNumber())
        .isTrue();
    assertThat(out.resolve("README.md")).content().contains("text-classification");
    LoadedModel trained = LOADER.load(out);
    assertThat(answer(trained, out, "ant bee fox ant dog").labels().get(0).label())
        .isEqualTo("seen");
    assertThat(answer(trained, out, "ant bee gnu ant dog").labels().get(0).label())
        .isEqualTo("unseen");
    Settings further = new Settings().set("model=" + out).set("data.train=" + temp);
    further.set("output=" + temp.resolve("further"));
    assertThatThrownBy(
            () ->
                SftRun.run(
                    further.bind(SftSettings.class), false, () -> false, new TrainListener() {}))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("gives labels")
        .hasMessageContaining("luthier train-classifier");
    assertThatThrownBy(() -> answer(LOADER.load(model), model, "ant"))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("DistilBertForMaskedLM");
  }

  @Test
  void an_adapter_brings_its_head_as_peft_saves_it_and_fuses_into_a_classifier()
      throws IOException {
    Path model = model(LLAMA);
    beatsTheMajority(run(model, rows(480), "method=lora", "train.epochs=6"));
    Path out = temp.resolve("out");
    ObjectNode config = Json.read(out.resolve("adapter_config.json"));
    assertThat(config.path("task_type").asText()).isEqualTo("SEQ_CLS");
    assertThat(config.path("modules_to_save").toString()).isEqualTo("[\"classifier\",\"score\"]");
    assertThat(SafetensorsFile.open(out.resolve("adapter_model.safetensors")).tensors())
        .containsKeys(
            "base_model.model.score.weight",
            "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight")
        .doesNotContainKey("base_model.model.lm_head.weight");
    Answer adapted = answer(LOADER.load(model, Optional.of(out)), model, "ant bee fox ant dog");
    assertThat(adapted.labels().get(0).label()).isEqualTo("seen");
    Path fused = Files.createDirectory(temp.resolve("fused"));
    new FolderFuser(model, out, Optional.empty()).write(fused);
    Answer same = answer(LOADER.load(fused), model, "ant bee fox ant dog");
    assertThat(same.labels().get(0).score())
        .isCloseTo(adapted.labels().get(0).score(), within(1e-5));
    asPeftSavesIt(model, out, adapted);
  }

  /** PEFT saves the head and not what its labels are called; the base may know. */
  private static void asPeftSavesIt(Path model, Path adapter, Answer expected) throws IOException {
    Files.delete(adapter.resolve("head_config.json"));
    assertThatThrownBy(() -> LOADER.load(model, Optional.of(adapter)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("names all 2 of them")
        .hasMessageContaining("id2label");
    ObjectNode config = Json.read(model.resolve("config.json"));
    config.putObject("id2label").put("0", "seen").put("1", "unseen");
    Json.write(model.resolve("config.json"), config);
    LoadedModel loaded = LOADER.load(model, Optional.of(adapter));
    assertThat(answer(loaded, model, "ant bee fox ant dog").labels()).isEqualTo(expected.labels());
    Path fused = Files.createDirectory(adapter.resolveSibling("fused-again"));
    new FolderFuser(model, adapter, Optional.empty()).write(fused);
    assertThat(Json.read(fused.resolve("config.json")).at("/architectures/0").asText())
        .isEqualTo("LlamaForSequenceClassification");
    Files.delete(adapter.resolve("adapter_model.safetensors"));
    SafetensorsWriter.write(
        adapter.resolve("adapter_model.safetensors"), List.of(), Map.of("format", "pt"));
    assertThatThrownBy(() -> LOADER.load(model, Optional.of(adapter)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("has no head: train it with modules_to_save");
  }

  @Test
  void words_get_labels_and_entities_have_places() throws IOException {
    List<String> lines = new ArrayList<>();
    Random random = new Random(6);
    for (int i = 0; i < 200; i++) {
      String other = WORDS[random.nextInt(5)];
      lines.add(
          Json.object()
              .put("text", other + " fox gnu " + other)
              .set(
                  "spans",
                  Json.parse("{\"s\":[{\"start\":4,\"end\":11,\"label\":\"X\"}]}", "").get("s"))
              .toString());
    }
    Path data = Files.writeString(temp.resolve("rows.jsonl"), String.join("\n", lines) + "\n");
    ClassifierRun.Result result = run(model(DISTILBERT), data, "train.epochs=4");
    assertThat(result.report().orElseThrow().figures()).containsEntry("entity_f1", 1.0);
    Path out = temp.resolve("out");
    Classifier classifier = new Classifier(LOADER.load(out), Tokenizer.load(out), "out");
    Answer answer = classifier.answers(List.of(LabelTexts.of("bee  fox gnu bee", true))).get(0);
    assertThat(answer.entities()).hasSize(1);
    assertThat(answer.entities().get(0).text()).isEqualTo("fox gnu");
    assertThat(answer.entities().get(0).start()).isEqualTo(5);
    assertThat(answer.entities().get(0).type()).isEqualTo("X");
  }

  private static double number(Map<String, Object> figures, String name) {
    return ((Number) Objects.requireNonNull(figures.get(name))).doubleValue();
  }

  @Test
  void numbers_and_several_labels_are_learnt() throws IOException {
    List<String> numbers = new ArrayList<>(List.of("text,score"));
    List<String> several = new ArrayList<>(List.of("text,labels"));
    Random random = new Random(7);
    for (int i = 0; i < 300; i++) {
      String one = WORDS[random.nextInt(8)];
      String two = WORDS[random.nextInt(8)];
      numbers.add(one + " " + two + "," + (one.equals("ant") ? 1 : 0));
      several.add(one + " " + two + "," + one + "|" + two);
    }
    Path model = model(DISTILBERT);
    Map<String, Object> mse =
        run(
                model,
                Files.writeString(temp.resolve("n.csv"), String.join("\n", numbers)),
                "train.epochs=6",
                "output=" + temp.resolve("n"))
            .report()
            .orElseThrow()
            .figures();
    assertThat(number(mse, "mse")).isLessThan(0.5 * number(mse, "mean_mse"));
    Map<String, Object> labels =
        run(
                model,
                Files.writeString(temp.resolve("s.csv"), String.join("\n", several)),
                "train.epochs=6",
                "output=" + temp.resolve("s"))
            .report()
            .orElseThrow()
            .figures();
    assertThat(number(labels, "label_accuracy"))
        .isGreaterThan(number(labels, "majority_label_accuracy") + 0.05);
  }
}
