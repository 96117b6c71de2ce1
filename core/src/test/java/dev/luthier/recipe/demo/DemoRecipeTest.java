package dev.luthier.recipe.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.recipe.ModelShape;
import dev.luthier.recipe.PretrainSettings;
import dev.luthier.recipe.Settings;
import dev.luthier.tensor.ComputeDtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class DemoRecipeTest {
  private static final Path FOLDER = Path.of("..", "examples", "demo");

  @Test
  void the_recipe_binds_and_its_model_takes_every_block_format_and_fits_in_12_megabytes()
      throws IOException {
    String yaml = Files.readString(FOLDER.resolve("pretrain.yaml"));
    PretrainSettings settings =
        new Settings().yaml(yaml, "pretrain.yaml").bind(PretrainSettings.class);
    ModelShape model = settings.model();

    assertThat(model.hiddenSize() % 256).isZero();
    assertThat(model.intermediateSize() % 256).isZero();
    assertThat(model.maxPositionEmbeddings()).isGreaterThanOrEqualTo(1024);
    assertThat(settings.saveDtype()).isEqualTo(ComputeDtype.BFLOAT16);
    assertThat(2 * parameters(model, settings.tokenizer().vocabSize())).isLessThan(12_000_000L);
    assertThat(Path.of("..").resolve(settings.chatTemplate().orElseThrow())).exists();
  }

  @Test
  void the_readme_shows_rows_that_the_seed_gives() throws IOException {
    String readme = Files.readString(FOLDER.resolve("README.md"));

    for (Sentence sentence : DemoData.generate(42).heldOut().subList(0, 8)) {
      assertThat(readme).contains("| " + sentence.plain() + " | " + sentence.yoda() + " |");
    }
  }

  /** Weights of a Llama with tied embeddings, without the norms' few thousand. */
  private static long parameters(ModelShape model, int vocabulary) {
    long d = model.hiddenSize();
    long keyValue = d / model.numAttentionHeads() * model.numKeyValueHeads();
    long block = 2 * d * d + 2 * d * keyValue + 3 * d * model.intermediateSize();
    return model.numHiddenLayers() * block + d * vocabulary;
  }
}
