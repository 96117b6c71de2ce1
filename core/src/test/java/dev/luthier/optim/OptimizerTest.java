package dev.luthier.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.luthier.LuthierException;
import dev.luthier.format.SafetensorsFile;
import dev.luthier.format.TensorInfo;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Where state lies, and in which order parameters are updated, changes no bit of a weight. */
class OptimizerTest {
  /** Shapes below a slice, of several slices, and odd. */
  private static final Map<String, long[]> SHAPES = shapes();

  @TempDir private Path temp = Path.of("");

  private static Map<String, long[]> shapes() {
    Map<String, long[]> out = new LinkedHashMap<>();
    out.put("long", new long[] {3, StateLayout.SLICE - 11});
    out.put("vector", new long[] {StateLayout.SLICE + 5});
    out.put("short", new long[] {67, 129});
    return out;
  }

  static Stream<UpdateRule> elementwise() {
    AdamW adamW = new AdamW(0.9, 0.999, 1e-8);
    return Stream.of(adamW, new AdamW8bit(adamW), new Sgd(0.9, true), new Lion(0.9, 0.99));
  }

  static Stream<UpdateRule> rules() {
    Adafactor adafactor = new Adafactor(AdafactorSettings.defaults(), Optional.of(0.9));
    return Stream.concat(elementwise(), Stream.of(adafactor));
  }

  /** Parameters that are the same for every optimizer, and gradients that follow from the step. */
  private static final class Run implements AutoCloseable {
    private final Map<String, Tensor> weights = new LinkedHashMap<>();
    private final Optimizer optimizer;

    Run(UpdateRule rule, boolean paged, Path scratch) {
      Map<String, Optimizer.Parameter> parameters = new LinkedHashMap<>();
      SHAPES.forEach(
          (name, shape) -> {
            Tensor p = Tensors.pin(random(name.hashCode(), shape));
            weights.put(name, p);
            parameters.put(name, new Optimizer.Parameter(p, rule, 1, 0.01, paged));
          });
      optimizer = new Optimizer(parameters, Device.CPU, scratch);
    }

    void step(List<String> order) {
      optimizer.begin(0.01);
      for (String name : order) {
        try (PointerScope scope = new PointerScope()) {
          long[] shape = Objects.requireNonNull(SHAPES.get(name));
          optimizer.update(name, random(name.hashCode() + 31 * optimizer.steps(), shape));
        }
      }
    }

    void steps(int count) {
      for (int i = 0; i < count; i++) {
        step(List.copyOf(SHAPES.keySet()));
      }
    }

    Map<String, float[]> values() {
      Map<String, float[]> out = new LinkedHashMap<>();
      weights.forEach((name, t) -> out.put(name, Tensors.toFloats(t)));
      return out;
    }

    @Override
    public void close() {
      optimizer.close();
      weights.values().forEach(Tensors::release);
    }
  }

  private static Tensor random(long seed, long... shape) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(StateLayout.elements(shape))];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextInt() * 0x1p-31f;
    }
    return Tensors.floats(values, Device.CPU, shape);
  }

  private static void same(Map<String, float[]> actual, Map<String, float[]> expected) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach((name, w) -> assertThat(actual.get(name)).as(name).isEqualTo(w));
  }

  @ParameterizedTest
  @MethodSource("elementwise")
  void paged_state_gives_the_weights_of_resident_state_in_any_order(UpdateRule rule) {
    try (Grad off = Grad.off();
        Run resident = new Run(rule, false, temp.resolve("unused"));
        Run paged = new Run(rule, true, temp.resolve("pages"))) {
      resident.steps(6);
      List<String> order = new ArrayList<>(SHAPES.keySet());
      for (int step = 0; step < 6; step++) {
        Collections.shuffle(order, new Random(step));
        paged.step(order);
      }
      same(paged.values(), resident.values());
    }
    assertThat(temp).isEmptyDirectory();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void state_that_is_written_and_read_goes_on_with_the_same_bits(UpdateRule rule) {
    Path written = goesOn(rule, false);
    if (rule.elementwise()) {
      assertThat(goesOn(rule, true)).hasSameBinaryContentAs(written);
    }
  }

  private Path goesOn(UpdateRule rule, boolean paged) {
    Path file = temp.resolve("state-" + paged);
    try (Grad off = Grad.off();
        Run straight = new Run(rule, paged, temp.resolve("a"));
        Run resumed = new Run(rule, paged, temp.resolve("b"))) {
      straight.steps(2);
      straight.optimizer.write(file, Map.of());
      straight.weights.forEach((n, w) -> Objects.requireNonNull(resumed.weights.get(n)).copy_(w));
      resumed.optimizer.read(file, 2);
      straight.steps(2);
      resumed.steps(2);
      same(resumed.values(), straight.values());
    }
    return file;
  }

  @ParameterizedTest
  @MethodSource("rules")
  void bytes_of_state_are_known_beforehand(UpdateRule rule) {
    Path file = temp.resolve("state");
    try (Grad off = Grad.off();
        Run run = new Run(rule, false, temp.resolve("unused"))) {
      run.optimizer.write(file, Map.of());
    }
    long expected = SHAPES.values().stream().mapToLong(rule::stateBytes).sum();
    long actual =
        SafetensorsFile.open(file).tensors().values().stream().mapToLong(TensorInfo::length).sum();
    assertThat(actual).isEqualTo(expected);
  }

  @Test
  void state_of_another_optimizer_is_refused() {
    Path file = temp.resolve("state");
    try (Grad off = Grad.off();
        Run sgd = new Run(new Sgd(0.9, false), false, temp.resolve("unused"));
        Run lion = new Run(new Lion(0.9, 0.99), false, temp.resolve("unused"))) {
      sgd.optimizer.write(file, Map.of());
      assertThatThrownBy(() -> lion.optimizer.read(file, 1))
          .isInstanceOf(LuthierException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("another optimizer");
    }
  }

  @Test
  void a_page_file_that_does_not_fit_on_the_disk_is_refused_before_it_is_written() {
    Path file = temp.resolve("pages");
    assertThatThrownBy(() -> new PageFile(file, List.of(1L << 60)))
        .isInstanceOf(LuthierException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("make room");
    assertThat(file).doesNotExist();
  }
}
