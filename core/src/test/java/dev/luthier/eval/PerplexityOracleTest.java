package dev.luthier.eval;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.Assets;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.model.Transformer;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import dev.luthier.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.util.OptionalInt;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Perplexity against llama.cpp's. */
@Tag("interop")
class PerplexityOracleTest {
  @Test
  void the_story_models_perplexity_is_that_of_llama_cpp() throws IOException {
    Transformer model =
        new ModelLoader(ComputeDtype.FLOAT32, Device.CPU)
            .load(Assets.path("model-llama-story-hf"))
            .transformer();
    Tokenizer tokenizer = Tokenizer.load(Assets.path("model-llama-story-hf"));
    String text = Files.readString(Assets.path("oracle-llamacpp/logits/text.txt"));
    Perplexity result = Perplexity.of(model, tokenizer, text, OptionalInt.empty(), n -> {});
    assertThat(result.perplexity()).isCloseTo(18.6016, Offset.offset(5e-5));
    assertThat(result.nllPerToken()).isCloseTo(2.92325, Offset.offset(5e-6));
    assertThat(result.tokens()).isEqualTo(174);
    assertThat(result.windows()).isEqualTo(1);
    assertThat(result.windowLength()).isEqualTo(512);
    assertThat(result.prefix()).isEqualTo(Perplexity.Prefix.BOS);
  }
}
