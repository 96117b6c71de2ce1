package dev.luthier.train;

import dev.luthier.model.TinyConfigs;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every family, in several settings each: a new one is a line in {@link TinyConfigs}. */
class FamilyContractTest {
  @TempDir private Path temp = Path.of("");

  static Stream<String> settings() {
    return TinyConfigs.all().keySet().stream();
  }

  static Stream<String> decoders() {
    return settings().filter(setting -> !TinyConfigs.isEncoder(TinyConfigs.get(setting)));
  }

  static Stream<String> families() {
    return TinyConfigs.families().keySet().stream();
  }

  private FamilyContract contract(String setting) {
    return new FamilyContract(TinyConfigs.get(setting), temp);
  }

  @ParameterizedTest
  @MethodSource("families")
  void gradients_agree_with_finite_differences(String setting) {
    contract(setting).gradients();
  }

  @ParameterizedTest
  @MethodSource("decoders")
  void cached_decoding_equals_whole_passes(String setting) {
    contract(setting).cachedDecoding();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void packed_rows_equal_rows_of_their_own(String setting) {
    contract(setting).packing();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void padding_on_either_side_changes_nothing(String setting) {
    contract(setting).padding();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void a_saved_model_comes_back(String setting) {
    contract(setting).saving();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void adapters_on_every_layer_can_be_saved_and_fused(String setting) throws IOException {
    contract(setting).adapters();
  }

  @ParameterizedTest
  @MethodSource("settings")
  void four_bits_are_the_same_in_memory_and_in_a_folder(String setting) throws IOException {
    contract(setting).fourBits();
  }

  @ParameterizedTest
  @MethodSource("families")
  void a_resumed_run_ends_in_the_same_weights(String setting) {
    contract(setting).resume();
  }
}
