package dev.luthier.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.luthier.model.TinyConfigs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The how-to docs/add-a-family.md, followed: one class, one line, and the contract holds. */
class ToyFamilyTest {
  @TempDir private Path temp = Path.of("");

  @Test
  void the_family_of_the_how_to_fulfils_the_contract() throws IOException {
    FamilyContract contract =
        new FamilyContract(
            TinyConfigs.of(
                "model_type: toy, vocab_size: 40, initializer_range: 0.3, hidden_size: 24,"
                    + " num_hidden_layers: 2, num_attention_heads: 3, intermediate_size: 40"),
            temp);
    contract.gradients();
    contract.cachedDecoding();
    contract.packing();
    contract.padding();
    contract.saving();
    contract.adapters();
    contract.fourBits();
    contract.resume();
  }

  @Test
  void the_how_to_shows_that_class() throws IOException {
    String code = Files.readString(Path.of("src/test/java/dev/luthier/model/Toy.java"));
    assertThat(Files.readString(Path.of("../docs/add-a-family.md")))
        .contains("```java\n" + code.substring(code.indexOf("/** The family of")) + "```");
  }
}
