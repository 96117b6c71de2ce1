package dev.luthier.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.UsageException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.data.Batch;
import dev.luthier.export.ImportanceCollector;
import dev.luthier.export.ImportanceCollector.Collected;
import dev.luthier.export.ImportanceCollector.Extent;
import dev.luthier.format.GgufFamily;
import dev.luthier.format.ImportanceMatrix;
import dev.luthier.tensor.Tensors;
import dev.luthier.tokenizer.TestTokenizers;
import dev.luthier.tokenizer.Tokenizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Importance matrices against what the plain float64 models multiply their matrices with. */
class ImportanceOracleTest {
  private static final Tokenizer TOKENIZER = TestTokenizers.sentencePiece(); // BOS is 1
  private static final String TEXT = "ab a b abab ba b aab ".repeat(4);
  private static final int CHUNK = 14;

  private static ObjectNode config(String type) {
    String setting =
        TinyConfigs.all().keySet().stream()
            .filter(s -> TinyConfigs.get(s).path("model_type").asText().equals(type))
            .findFirst()
            .orElseThrow();
    return TinyConfigs.get(setting).put("vocab_size", TOKENIZER.vocabSize());
  }

  private static Collected collect(LoadedModel model, Extent extent) {
    return ImportanceCollector.collect(model, TOKENIZER, TEXT, "text", extent, (done, all) -> {});
  }

  private static Extent extent(int chunk, int chunks) {
    return new Extent(OptionalInt.of(chunk), OptionalInt.of(chunks));
  }

  /** The first token of each chunk gives way to BOS. */
  private static Batch chunks(int count) {
    int[] ids = TOKENIZER.encodeIds(TEXT, false);
    long[][] rows = new long[count][CHUNK];
    for (int i = 0; i < count; i++) {
      rows[i][0] = 1;
      for (int j = 1; j < CHUNK; j++) {
        rows[i][j] = ids[i * CHUNK + j - 1];
      }
    }
    return Batch.of(rows, rows);
  }

  /** Sums of the squares of the rows of an input, each as often as a mask (N) says. */
  private static double[] squares(Tensor input, Tensor mask) {
    Tensor rows = input.reshape(-1, input.size(-1));
    Tensor sums = rows.square().mul(mask.unsqueeze(1)).sum(0);
    double[] out = new double[(int) sums.numel()];
    Arrays.setAll(out, i -> sums.select(0, i).item_double());
    return out;
  }

  /** 1 for each token that the router of a path's expert gives to it. */
  private static Tensor given(PlainModel plain, String path, int expert) {
    String router = path.replaceAll("experts\\..*", "gate");
    Tensor x = plain.inputs.get(router);
    Tensor logits = torch.linear(x, plain.weight(router + ".weight")).flatten(0, 1);
    int chosen = plain.c.path("num_experts_per_tok").asInt();
    Tensor ids = new Tensor(torch.topk(logits, chosen).get1());
    return ids.eq(Tensors.scalar(expert)).sum(1).to(PlainLayers.WIDE);
  }

  private static void assertSame(PlainModel plain, GgufFamily family, ImportanceMatrix matrix) {
    matrix
        .entries()
        .forEach(
            (name, entry) -> {
              String path = family.name(name).orElseThrow().replaceAll("\\.weight$", "");
              int columns = entry.sums().length / entry.counts().length;
              for (int i = 0; i < entry.counts().length; i++) {
                String module = path.replace("*", Integer.toString(i));
                Tensor input = Objects.requireNonNull(plain.inputs.get(module));
                Tensor mask =
                    path.contains("*")
                        ? given(plain, module, i)
                        : torch
                            .ones(new long[] {input.size(0) * input.size(1)})
                            .to(PlainLayers.WIDE);
                double[] expected = squares(input, mask);
                assertThat(entry.counts()[i]).as(name).isEqualTo((long) mask.sum().item_double());
                assertThat(columns).as(name).isEqualTo(expected.length);
                for (int j = 0; j < columns; j++) {
                  assertThat((double) entry.sums()[i * columns + j])
                      .as("%s, matrix %d, column %d", name, i, j)
                      .isCloseTo(expected[j], within(1e-5 * (1 + expected[j])));
                }
              }
            });
  }

  private static GgufFamily family(Transformer model, String type) {
    Set<String> names =
        model.linears().keySet().stream().map(p -> p + ".weight").collect(Collectors.toSet());
    return GgufFamily.of(type, names, "a test");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama",
        "mistral",
        "mixtral",
        "qwen2",
        "qwen3",
        "phi",
        "phi3",
        "gemma",
        "gemma2",
        "gemma3_text",
        "gpt2",
        "gpt_neox",
        "falcon",
        "bloom"
      })
  void sums_are_those_of_the_plain_model(String type) {
    LoadedModel model = TinyModels.full(config(type));
    ImportanceMatrix matrix = collect(model, extent(CHUNK, 3)).matrix();
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config(type), model.transformer().parameters().all(), 1);
      plain.logits(chunks(3));
      assertSame(plain, family(model.transformer(), type), matrix);
    }
    long linears =
        model.transformer().linears().keySet().stream()
            .filter(p -> p.contains(".0.") || p.contains(".1."))
            .count();
    assertThat(matrix.entries().values().stream().mapToInt(e -> e.counts().length).sum())
        .isEqualTo((int) linears);
    assertThat(matrix.chunks()).isEqualTo(3);
    assertThat(matrix.chunkTokens()).isEqualTo(CHUNK);
    assertThat(matrix.datasets()).containsExactly("text");
  }

  @Test
  void an_adapter_is_part_of_the_model(@TempDir Path temp) {
    ObjectNode config = config("llama");
    Path folder = TinyModels.write(config, temp.resolve("base"));
    LoadedModel model = TinyModels.lora(folder, TinyModels.LOADER);
    ImportanceMatrix matrix = collect(model, extent(CHUNK, 2)).matrix();
    Map<String, Tensor> weights = new LinkedHashMap<>(model.transformer().parameters().all());
    weights.putAll(model.transformer().adapter().orElseThrow().all());
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config, weights, 2);
      plain.logits(chunks(2));
      assertSame(plain, family(model.transformer(), "llama"), matrix);
    }
  }

  @Test
  void names_are_llama_cpps_and_the_output_is_left_out() {
    ImportanceMatrix matrix = collect(TinyModels.full(config("llama")), extent(CHUNK, 1)).matrix();
    List<String> expected = new ArrayList<>();
    for (int block = 0; block < 2; block++) {
      for (String part :
          List.of("attn_k", "attn_output", "attn_q", "attn_v", "ffn_down", "ffn_gate", "ffn_up")) {
        expected.add("blk." + block + "." + part + ".weight");
      }
    }
    assertThat(matrix.entries().keySet()).containsExactlyElementsOf(expected);
  }

  @Test
  void all_whole_chunks_are_read_and_their_perplexity_told() {
    LoadedModel model = TinyModels.full(config("llama"));
    List<String> heard = new ArrayList<>();
    Collected all =
        ImportanceCollector.collect(
            model,
            TOKENIZER,
            TEXT,
            "text",
            new Extent(OptionalInt.of(CHUNK), OptionalInt.empty()),
            (done, of) -> heard.add(done + "/" + of));
    int whole = (TOKENIZER.encodeIds(TEXT, false).length + 1) / CHUNK;
    assertThat(heard).hasSize(whole).endsWith(whole + "/" + whole);
    assertThat(all.tokens()).isEqualTo((long) whole * CHUNK);
    double sum = 0;
    try (PointerScope scope = new PointerScope()) {
      PlainModel plain = new PlainModel(config("llama"), model.transformer().parameters().all(), 1);
      Batch batch = chunks(whole);
      Tensor logProbs = plain.logits(batch).log_softmax(-1);
      for (int i = 0; i < whole; i++) {
        for (int j = 1; j < CHUNK; j++) {
          sum -=
              logProbs
                  .select(0, i)
                  .select(0, j - 1)
                  .select(0, batch.tokens()[i * CHUNK + j])
                  .item_double();
        }
      }
    }
    assertThat(all.perplexity())
        .isCloseTo(Math.exp(sum / (whole * (CHUNK - 1))), within(1e-4 * all.perplexity()));
  }

  private static float[] sums(Collected of) {
    return Objects.requireNonNull(of.matrix().entries().get("blk.0.attn_q.weight")).sums();
  }

  @Test
  void collecting_again_gives_the_same() {
    LoadedModel model = TinyModels.full(config("llama"));
    Collected first = collect(model, extent(CHUNK, 1));
    Collected again = collect(model, extent(CHUNK, 1));
    assertThat(sums(again)).isEqualTo(sums(first));
  }

  @Test
  void what_cannot_be_meant_is_refused() {
    LoadedModel model = TinyModels.full(config("llama"));
    assertThatThrownBy(() -> extent(1, 1)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> extent(2, 0)).isInstanceOf(UsageException.class);
    assertThatThrownBy(() -> collect(model, extent(65, 1)))
        .isInstanceOf(UsageException.class)
        .hasMessageContaining("--chunk is 65; the model's context has 64");
    assertThatThrownBy(
            () ->
                ImportanceCollector.collect(
                    model, TOKENIZER, "ab", "text", extent(CHUNK, 1), (done, all) -> {}))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining("fewer than a chunk of 14");
    assertThatThrownBy(() -> collect(TinyModels.full(config("bert")), extent(CHUNK, 1)))
        .hasMessageContaining("a decoder that writes text");
    assertThatThrownBy(() -> collect(TinyModels.full(config("gptj")), extent(CHUNK, 1)))
        .hasMessageContaining("gptj");
  }
}
