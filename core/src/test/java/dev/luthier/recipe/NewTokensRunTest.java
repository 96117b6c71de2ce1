package dev.luthier.recipe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.FolderFuser;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.format.DType;
import dev.luthier.format.Json;
import dev.luthier.generate.Inference;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Pass;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import dev.luthier.tokenizer.TokenizerFiles;
import dev.luthier.train.TrainListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Runs with tokens that their base does not know. */
class NewTokensRunTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  private static final int KNOWN = 400;

  @TempDir private Path temp = Path.of("");
  private final List<String> said = new ArrayList<>();
  private Path base = Path.of("");
  private Path rows = Path.of("");

  @BeforeEach
  void write() throws IOException {
    base = Files.createDirectories(temp.resolve("base"));
    rows =
        Files.writeString(
            temp.resolve("rows.jsonl"),
            IntStream.range(0, 16)
                .mapToObj(i -> "{\"prompt\": \"Say %d\", \"completion\": \"<|yes|>\"}".formatted(i))
                .collect(Collectors.joining("\n")));
  }

  private void model(boolean tied) {
    ObjectNode config =
        Json.parse(
            """
            {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "vocab_size": %d,
             "hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2,
             "num_attention_heads": 4, "num_key_value_heads": 2, "max_position_embeddings": 64,
             "rms_norm_eps": 1e-5, "tie_word_embeddings": %s, "initializer_range": 0.1}
            """
                .formatted(KNOWN, tied),
            "test");
    LoadedModel fresh = LOADER.fresh(config, 3);
    ModelFiles.write(base, config, fresh.transformer().parameters().all(), DType.F32);
    TokenizerFiles.carry(TestTokenizers.chatFolder(), base);
  }

  private SftSettings settings(String output, String method, String... more) {
    Settings settings =
        new Settings()
            .set("model=" + base)
            .set("output=" + temp.resolve(output))
            .set("method=" + method)
            .set("data.train=" + rows)
            .set("data.maxLength=32")
            .set("data.template=none")
            .set("train.microBatchSize=4")
            .set("train.maxSteps=40")
            .set("train.learningRate=" + (method.equals("full") ? "1e-2" : "2e-2"));
    for (String one : more) {
      settings.set(one);
    }
    return settings.bind(SftSettings.class);
  }

  private void run(SftSettings settings, boolean resume, BooleanSupplier stop) {
    SftRun.run(
        settings,
        resume,
        stop,
        new TrainListener() {
          @Override
          public void message(String text) {
            said.add(text);
          }
        });
  }

  @ParameterizedTest
  @CsvSource({"lora, true", "lora, false", "qlora, true", "full, true", "full, false"})
  void a_new_token_is_learnt_and_stored(String method, boolean tied) throws IOException {
    model(tied);
    run(settings("out", method, "tokens.add=['<|yes|>', '<|no|>']"), false, () -> false);
    assertThat(said).contains("new tokens: <|yes|> 400, <|no|> 401");
    Path out = temp.resolve("out");
    assertThat(Tokenizer.load(out).encodeIds("<|yes|><|no|>", false)).containsExactly(400, 401);
    boolean full = method.equals("full");
    LoadedModel model =
        full ? LOADER.load(out) : LOADER.asTrained(base, out).load(base, Optional.of(out));
    assertThat(model.transformer().shape().vocabulary()).isEqualTo(402);
    assertThat(answer(model.transformer(), out)).isEqualTo(400);
    if (full) {
      assertThat(Json.read(out.resolve("config.json")).path("vocab_size").asInt()).isEqualTo(402);
      return;
    }
    Map<String, float[]> adapter = TensorFiles.readFloats(out.resolve("adapter_model.safetensors"));
    String rows = ".token_adapter.trainable_tokens_delta";
    assertThat(adapter.get("base_model.model.model.embed_tokens" + rows)).hasSize(64);
    assertThat(adapter.containsKey("base_model.model.lm_head" + rows)).isEqualTo(!tied);
    assertThat(adapter.keySet()).noneMatch(name -> name.endsWith("embed_tokens.weight"));
    assertThat(Json.read(out.resolve("adapter_config.json")).path("trainable_token_indices"))
        .hasToString(tied ? "[400,401]" : "{\"embed_tokens\":[400,401],\"lm_head\":[400,401]}");
    Path fused = Files.createDirectories(temp.resolve("fused"));
    new FolderFuser(base, out, Optional.empty()).write(fused);
    TokenizerFiles.carry(out, fused);
    if (method.equals("lora")) {
      assertThat(answer(LOADER.load(fused).transformer(), fused)).isEqualTo(400);
    }
  }

  /** The likeliest token behind a prompt of the rows. */
  private static int answer(Transformer model, Path tokenizer) {
    return likeliest(model, Tokenizer.load(tokenizer).encodeIds("Say 3", true));
  }

  private static int likeliest(Transformer model, int[] ids) {
    long[] tokens = Arrays.stream(ids).asLongStream().toArray();
    long[] ones = new long[ids.length];
    Arrays.fill(ones, 1);
    long[] positions = LongStream.range(0, ids.length).toArray();
    try (PointerScope scope = new PointerScope()) {
      Pass pass = model.pass(Places.whole(positions, ones, 1, ids.length));
      Tensor hidden = Inference.hidden(model, model.tokens(tokens, 1, ids.length), pass, List.of());
      Tensor last = hidden.select(0, 0).narrow(0, ids.length - 1, 1);
      return Math.toIntExact(Inference.logits(model, last, pass).argmax().item_long());
    }
  }

  @Test
  void a_stopped_run_goes_on_to_the_same_rows() {
    model(false);
    String add = "tokens.add=['<|yes|>']";
    run(settings("straight", "lora", add), false, () -> false);
    int[] asked = {0};
    run(settings("stopped", "lora", add), false, () -> asked[0]++ >= 90);
    run(settings("stopped", "lora", add), true, () -> false);
    Map<String, float[]> expected = adapter("straight");
    adapter("stopped")
        .forEach(
            (name, values) ->
                assertThat(values).as(name).isEqualTo(Objects.requireNonNull(expected.get(name))));
  }

  private Map<String, float[]> adapter(String output) {
    return TensorFiles.readFloats(temp.resolve(output).resolve("adapter_model.safetensors"));
  }

  @Test
  void a_tokenizer_larger_than_the_embedding_is_explained_and_can_be_given_rows()
      throws IOException {
    model(true);
    Path tokenizer = base.resolve("tokenizer.json");
    String json = Files.readString(tokenizer);
    String end = "\"added_tokens\":[";
    String flat = json.replaceAll("\"added_tokens\"\\s*:\\s*\\[", end);
    Files.writeString(
        tokenizer,
        flat.replace(
            end,
            end
                + "{\"id\":400,\"content\":\"<|yes|>\",\"special\":true,\"single_word\":false,"
                + "\"lstrip\":false,\"rstrip\":false,\"normalized\":false},"));
    assertThat(Tokenizer.load(base).vocabSize()).isEqualTo(401);
    assertThatThrownBy(() -> run(settings("out", "lora"), false, () -> false))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("larger than the embedding, which has 400 rows")
        .hasMessageContaining("\"<|yes|>\" (400)")
        .hasMessageContaining("tokens.add");
    assertThatThrownBy(() -> SftPlan.of(settings("out", "lora")))
        .hasMessageContaining("larger than the embedding");
    LoadedModel model = LOADER.load(base);
    assertThatThrownBy(() -> likeliest(model.transformer(), new int[] {1, 400}))
        .hasMessageContaining("id 400")
        .hasMessageContaining("docs/troubleshooting.md#tokenizer-larger");

    run(settings("out", "lora", "tokens.add=['<|yes|>']"), false, () -> false);
    assertThat(said).contains("new tokens: none; the tokenizer has 1 of them already");
    Path out = temp.resolve("out");
    assertThat(answer(LOADER.load(base, Optional.of(out)).transformer(), out)).isEqualTo(400);
  }

  /** An embedding's rows have no gradient in a step that does not meet their tokens. */
  @Test
  void tokens_that_the_first_step_does_not_meet_do_not_end_the_run() {
    model(false);
    run(settings("out", "lora", "tokens.add=['<|no|>']"), false, () -> false);
    assertThat(said)
        .anyMatch(line -> line.endsWith("; 1 of new tokens that this step has not met"));
  }

  @Test
  void ids_that_no_token_has_are_refused() {
    model(true);
    assertThatThrownBy(
            () ->
                run(
                    settings("out", "lora", "lora.trainableTokenIndices=[7, 400]"),
                    false,
                    () -> false))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("400")
        .hasMessageContaining("end at 399");
  }
}
