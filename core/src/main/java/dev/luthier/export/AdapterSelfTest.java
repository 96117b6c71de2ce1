package dev.luthier.export;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.ModelTensors;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.GgufSettings;
import dev.luthier.format.GgufValue;
import dev.luthier.format.HfFolder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Whether llama.cpp does over the base's GGUF file with an exported adapter what we do over the
 * base with the adapter that it was made of.
 *
 * @param lora what was exported
 * @param file the exported adapter
 * @param base a GGUF file of the base; if empty, one in F32 is written beside the adapter for as
 *     long as the test takes, unless the base is such a file itself
 */
public record AdapterSelfTest(GgufLora lora, Path file, Optional<Path> base) {
  /** A base that is not used to write texts needs no vocabulary. */
  private static final Map<String, GgufValue> NO_VOCABULARY =
      Map.of("tokenizer.ggml.model", GgufValue.of("no_vocab"));

  /**
   * Makes the test.
   *
   * @throws LuthierException if llama.cpp does not take one of the files, ended its process over
   *     it, or a base could not be written
   */
  public SelfTestReport run() {
    GgufLora.Parts parts = lora.parts();
    return overBase(parts, gguf -> report(parts, gguf));
  }

  /**
   * Makes the test, and takes the name from a file that fails it: it then ends in {@code
   * .rejected}. One that could not be tested keeps it.
   *
   * @throws LuthierException naming what differs, or why there is no test
   */
  public SelfTestReport require() {
    base.ifPresent(b -> HfFolder.model(b));
    GgufLora.Parts parts = lora.parts();
    requireRoom(parts);
    return overBase(parts, gguf -> judged(parts, gguf));
  }

  private SelfTestReport judged(GgufLora.Parts parts, Optional<Path> gguf) {
    try {
      return SelfTest.passed(report(parts, gguf), "adapter");
    } catch (LuthierException e) {
      throw SelfTest.rejected(file, e);
    }
  }

  /**
   * The test.
   *
   * @param gguf the base's; empty where llama.cpp runs none of it
   */
  private SelfTestReport report(GgufLora.Parts parts, Optional<Path> gguf) {
    SelfTestFindings findings = new SelfTestFindings();
    findings.adapter(AdapterReadBack.of(parts, file));
    gguf.ifPresentOrElse(
        g -> findings.add(over(g)), () -> findings.notChecked(SelfTest.left(limits(parts))));
    return findings.report();
  }

  private SelfTestReport overBase(
      GgufLora.Parts parts, Function<Optional<Path>, SelfTestReport> test) {
    if (limits(parts).all().isPresent()) {
      return test.apply(Optional.empty());
    }
    if (base.isPresent() || HfFolder.kind(lora.model()) == HfFolder.Kind.GGUF) {
      return test.apply(base.or(() -> Optional.of(lora.model())));
    }
    SelfTestReport[] report = new SelfTestReport[1];
    AtomicFile.inTemporaryFolder(
        file, folder -> report[0] = test.apply(Optional.of(written(folder.resolve("base.gguf")))));
    return report[0];
  }

  private Path written(Path gguf) {
    try {
      new GgufExport(lora.model(), Optional.empty(), true, GgufFileType.F32, Importance.NONE, false)
          .run(gguf, NO_VOCABULARY);
      return gguf;
    } catch (LuthierException e) {
      throw new LuthierException(file + " is written but not tested: " + e.getMessage(), e);
    }
  }

  private static LlamaLimits limits(GgufLora.Parts parts) {
    ObjectNode config = parts.config();
    int blocks = GgufSettings.blocks(config);
    return LlamaLimits.of(
        parts.rows().family().architecture(),
        blocks,
        config.path("num_decoder_layers").asLong(blocks));
  }

  private SelfTestReport over(Path gguf) {
    int threads = Runtime.getRuntime().availableProcessors();
    return new SelfTest(gguf, Optional.of(file), lora.model(), Optional.of(lora.adapter()), threads)
        .run();
  }

  private void requireRoom(GgufLora.Parts parts) {
    if (base.isPresent()
        || HfFolder.kind(lora.model()) == HfFolder.Kind.GGUF
        || limits(parts).all().isPresent()) {
      return;
    }
    ModelTensors tensors = GgufExport.tensors(lora.model());
    long needed =
        4
            * tensors.names().stream()
                .mapToLong(
                    name -> Arrays.stream(tensors.shape(name)).reduce(1, Math::multiplyExact))
                .sum();
    long free = AtomicFile.freeSpace(file);
    if (free < needed + needed / 20) {
      throw new LuthierException(
          String.format(
              Locale.ROOT,
              "%s is written but not tested: the base as a GGUF file in F32 takes %,d bytes beside"
                  + " it, and the disk has %,d free. Name a GGUF file of the base with --base-gguf,"
                  + " make room, or leave the test out with --check false",
              file,
              needed,
              free));
    }
  }
}
