package dev.luthier.recipe.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.model.LlamaConfig;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PublishedShapeTest {
  /** The numbers of parameters that the models' pages give, exactly. */
  @ParameterizedTest
  @CsvSource({
    "tinyllama-1.1b, 1100048384",
    "llama-3.2-1b, 1235814400",
    "llama-7b, 6738415616",
    // 84,934,656 in linear layers of blocks, 24,576,000 in embedding and in head, 19,200 in norms
    "llama-85m, 134105856"
  })
  void has_the_parameters_of_the_model_that_it_names(String name, long parameters) {
    LlamaConfig c = LlamaConfig.of(PublishedShape.named(name).config(), name);
    long d = c.hiddenSize();
    long queries = (long) c.numAttentionHeads() * c.headDim();
    long keys = (long) c.numKeyValueHeads() * c.headDim();
    long block = 2 * d * queries + 2 * d * keys + 3 * d * c.intermediateSize() + 2 * d;
    long tables = (c.tieWordEmbeddings() ? 1 : 2) * d * c.vocabSize();
    assertThat(c.numHiddenLayers() * block + tables + d).isEqualTo(parameters);
  }
}
