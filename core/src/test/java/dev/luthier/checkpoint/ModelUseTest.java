package dev.luthier.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.Json;
import dev.luthier.format.ModelCard;
import dev.luthier.model.Problem;
import dev.luthier.train.TinyEncoders;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What cards say of a model's use. */
class ModelUseTest {
  @TempDir private Path temp = Path.of("");

  private Path folder(ObjectNode config) {
    Json.write(temp.resolve("config.json"), config);
    return temp;
  }

  private String card(ModelCard.Kind kind, ModelCard.Use use) throws Exception {
    Path out = Files.createDirectories(temp.resolve("card"));
    new ModelCard(kind, Optional.of(temp), List.of(), List.of(), use, Map.of()).write(out);
    return Files.readString(out.resolve(ModelCard.FILE));
  }

  @Test
  void a_model_with_an_encoder_and_a_decoder_turns_texts_into_texts() throws Exception {
    Path model = folder(TinyEncoders.t5(true, 40));
    assertThat(card(ModelCard.Kind.FINETUNE, ModelFiles.use(model)))
        .contains("pipeline_tag: text2text-generation")
        .contains("./luthier generate --model FOLDER --prompt \"...\"")
        .contains("from transformers import AutoModelForSeq2SeqLM");
    assertThat(card(ModelCard.Kind.ADAPTER, ModelFiles.use(model)))
        .contains("from peft import AutoPeftModelForSeq2SeqLM");
  }

  @Test
  void an_encoder_guesses_words_unless_an_adapter_brings_labels() throws Exception {
    Path model = folder(TinyEncoders.bert(40));
    assertThat(card(ModelCard.Kind.ADAPTER, ModelFiles.use(model)))
        .contains("pipeline_tag: fill-mask")
        .contains("./luthier fill-mask --model")
        .contains("AutoModelForMaskedLM.from_pretrained")
        .contains("PeftModel.from_pretrained(base, \"FOLDER\")");
    Path adapter = Files.createDirectories(temp.resolve("adapter"));
    new HeadConfig(Problem.TOKENS, List.of("a", "b"), OptionalInt.empty()).write(adapter);
    assertThat(card(ModelCard.Kind.FUSED, ModelFiles.use(model, adapter)))
        .contains("pipeline_tag: token-classification")
        .contains("./luthier classify --model FOLDER --text \"...\"");
  }
}
