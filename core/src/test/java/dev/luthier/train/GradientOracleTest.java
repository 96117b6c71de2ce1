package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.Assets;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.data.Batch;
import dev.luthier.data.TokenSequence;
import dev.luthier.eval.TokenIds;
import dev.luthier.format.Json;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.model.Task;
import dev.luthier.model.Transformer;
import dev.luthier.nn.Places;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Loss and gradients of every parameter, against those that transformers and PyTorch computed. */
@Tag("interop")
class GradientOracleTest {
  private static final ModelLoader LOADER = new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "bert_mlm",
        "bert_seqcls",
        "bert_seqcls_multilabel",
        "distilbert_mlm",
        "gemma",
        "gemma2",
        "llama_bias_headdim",
        "llama_gqa_tied",
        "llama_rope_llama3",
        "llama_rope_yarn_orig",
        "mistral_sw",
        "phi3_longrope",
        "qwen2_sliding_layers",
        "qwen2_tied",
        "qwen3_tied",
        "roberta_mlm",
        "t5_gated_gelu"
      })
  void loss_and_gradients_are_those_of_pytorch(String name, @TempDir Path folder) {
    String root = "oracle-transformers/" + name;
    JsonNode meta = Assets.json(root + "/meta.json");
    JsonNode runs = Assets.json(root + "/ids.json");
    LoadedModel model = LOADER.full(Assets.path(root));
    ObjectNode in =
        (ObjectNode) (runs.has("logits_right") ? runs.get("logits_right") : runs.get("logits"));
    JsonNode labels =
        meta.at("/loss/labels").isMissingNode() ? in.get("labels") : meta.at("/loss/labels");
    if (model.transformer().kind() != Transformer.Kind.ENCODER_DECODER) {
      in.remove("labels");
    }
    Path file = folder.resolve("ids.json");
    Json.write(file, in);
    TokenIds ids = TokenIds.read(file, model);
    Batch batch = batch(model.transformer(), ids, labels);
    BlockwiseStep step =
        new BlockwiseStep(model.transformer(), WeightSource.of(model.transformer()));
    int n = batch.labelTokens();
    Objective objective =
        batch.form().values() == null ? Objective.crossEntropy() : Objective.binaryCrossEntropy();
    double loss = step.forwardBackward(batch, objective, 1.0 / n, 1) / n;
    assertThat(step.loss(batch, objective) / n).isCloseTo(loss, within(1e-5));
    assertThat(loss).isCloseTo(meta.at("/loss/loss_fp32").asDouble(), within(2e-5));
    compare(Trainables.of(model.transformer()), Assets.path(root + "/grads.safetensors"));
  }

  private static Batch batch(Transformer model, TokenIds ids, JsonNode labels) {
    Places places = ids.places();
    long[] aligned = new long[places.rows() * places.queries()];
    Arrays.fill(aligned, TokenSequence.IGNORED);
    float[] values = null;
    if (model.task().kind() == Task.Kind.SEQUENCE) {
      boolean several = labels.get(0).isArray();
      values = several ? values(labels) : null;
      long[] at = model.pooled(places);
      for (int i = 0; i < at.length; i++) {
        aligned[(int) at[i]] = several ? 0 : labels.get(i).asLong();
      }
    } else {
      long[][] rows = Assets.matrix(labels);
      for (int b = 0; b < rows.length; b++) {
        System.arraycopy(
            rows[b], 0, aligned, b * places.queries() + places.source(), rows[b].length);
      }
    }
    boolean inPlace = model.kind() != Transformer.Kind.DECODER;
    for (int b = 0; b < places.rows() && !inPlace; b++) {
      aligned[b * places.queries()] = TokenSequence.IGNORED; // nothing predicts it
    }
    float[] weights = new float[aligned.length];
    Arrays.fill(weights, 1);
    return new Batch(
        places.rows(),
        places.queries(),
        ids.tokens(),
        aligned,
        places.positions(),
        places.documents(),
        weights,
        new int[places.rows()][0],
        new Batch.Form(inPlace, places.source(), places.types(), values, List.of()));
  }

  private static float[] values(JsonNode labels) {
    float[] out = new float[labels.size() * labels.get(0).size()];
    for (int i = 0; i < out.length; i++) {
      out[i] =
          (float) labels.get(i / labels.get(0).size()).get(i % labels.get(0).size()).asDouble();
    }
    return out;
  }

  private static void compare(Map<String, Tensor> trained, Path file) {
    Map<String, Tensor> expected = new LinkedHashMap<>();
    SafetensorsFile stored = SafetensorsFile.open(file);
    stored
        .tensors()
        .forEach(
            (name, info) ->
                expected.put(
                    name, torch.empty(info.shape().stream().mapToLong(Long::longValue).toArray())));
    TensorFiles.readInto(file, expected);
    assertThat(trained.keySet()).containsAll(expected.keySet());
    expected.forEach(
        (name, tensor) -> {
          float[] theirs = Tensors.toFloats(tensor);
          Tensor gradient = Objects.requireNonNull(trained.get(name)).grad();
          float[] ours = gradient.defined() ? Tensors.toFloats(gradient) : new float[theirs.length];
          double worst = 0;
          double largest = 0;
          for (int i = 0; i < theirs.length; i++) {
            worst = Math.max(worst, Math.abs(ours[i] - theirs[i]));
            largest = Math.max(largest, Math.abs(theirs[i]));
          }
          assertThat(worst).as(name).isLessThan(2e-5 + 2e-5 * largest);
        });
  }
}
