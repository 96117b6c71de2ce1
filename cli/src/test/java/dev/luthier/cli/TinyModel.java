package dev.luthier.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.checkpoint.TensorFiles;
import dev.luthier.format.Json;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.BpeTrainer;
import dev.luthier.tokenizer.TokenizerRoles;
import dev.luthier.tokenizer.TokenizerWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;

/** A model folder with random weights and a tokenizer trained on two sentences. */
final class TinyModel {
  static final String CHATML =
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
          + "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

  private static final String CONFIG =
      """
      {"model_type": "llama", "vocab_size": 300, "hidden_size": 16, "intermediate_size": 24,
       "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
       "max_position_embeddings": 128, "rms_norm_eps": 1e-5, "tie_word_embeddings": false,
       "initializer_range": 0.3, "bos_token_id": 0, "eos_token_id": 0}
      """;

  private TinyModel() {}

  /** Writes a model folder; its end-of-text token is also BOS and stands before every text. */
  static Path write(Path folder, Optional<String> template) throws IOException {
    return write(folder, CONFIG, template);
  }

  /** The same of another configuration with 300 tokens. */
  static Path write(Path folder, String json, Optional<String> template) throws IOException {
    Files.createDirectories(folder);
    ObjectNode config = Json.parse(json, "test");
    Json.write(folder.resolve("config.json"), config);
    LoadedModel model = loader().fresh(config, 5);
    TensorFiles.write(
        folder.resolve("model.safetensors"), model.transformer().parameters().all(), Map.of());
    List<String> special = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");
    Optional<String> end = Optional.of("<|endoftext|>");
    TokenizerWriter.write(
        new BpeTrainer(300, special, 1)
            .train(
                Stream.of(
                    "The birch canoe slid on the smooth planks. user assistant system",
                    "Glue the sheet to the dark blue background. Größe 🙂")),
        new TokenizerRoles(end, end, end, true, 128, template),
        folder);
    return folder;
  }

  /** Writes an adapter over it whose update is not zero. */
  static Path writeAdapter(Path model, Path folder) throws IOException {
    Files.createDirectories(folder);
    LoraSettings settings = LoraSettings.defaults();
    LoadedModel adapted = loader().lora(model, settings, 7);
    Map<String, Tensor> tensors = adapted.transformer().adapter().orElseThrow().all();
    try (PointerScope scope = new PointerScope()) {
      tensors.forEach(
          (name, tensor) -> {
            if (name.contains("lora_B")) {
              tensor.data().fill_(new Scalar(0.05));
            }
          });
    }
    Adapters.write(folder, new AdapterConfig(settings, model.toString()), tensors);
    return folder;
  }

  private static ModelLoader loader() {
    return new ModelLoader(ComputeDtype.FLOAT32, Device.CPU);
  }
}
