package dev.luthier.measure;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.LuthierException;
import dev.luthier.checkpoint.AdapterConfig;
import dev.luthier.checkpoint.Adapters;
import dev.luthier.format.Reason;
import dev.luthier.model.Outline;
import dev.luthier.model.Transformer;
import dev.luthier.nn.LoraSettings;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Seeds;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.GeneratorOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** An adapter that says nothing, to measure what adapters cost. */
public final class RandomAdapter {
  private RandomAdapter() {}

  /**
   * Writes an adapter of small random numbers.
   *
   * @param config of the model that it is for
   * @param what the model's name
   * @return the folder
   */
  public static Path write(
      Path folder, ObjectNode config, LoraSettings lora, String what, int seed) {
    Transformer outline = Outline.of(config, what, Optional.of(lora));
    Map<String, Tensor> drawn = new LinkedHashMap<>();
    try (PointerScope scope = new PointerScope()) {
      outline
          .adapter()
          .orElseThrow()
          .all()
          .forEach((name, shape) -> drawn.put(name, random(shape, seed + name.hashCode())));
      Files.createDirectories(folder);
      Adapters.write(folder, new AdapterConfig(lora, what), drawn);
    } catch (IOException e) {
      throw new LuthierException("cannot write " + folder + ": " + Reason.of(e), e);
    }
    return folder;
  }

  private static Tensor random(Tensor shape, long seed) {
    return torch
        .empty(Tensors.shape(shape), Tensors.options(ScalarType.Float, Device.CPU), null)
        .normal_(0, 0.02, new GeneratorOptional(Seeds.generator(seed, 0)));
  }
}
