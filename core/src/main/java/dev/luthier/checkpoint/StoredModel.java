package dev.luthier.checkpoint;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.luthier.format.HfFolder;
import dev.luthier.nn.Init;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Native;
import dev.luthier.tensor.Tensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** A model's parameters as they are stored. */
final class StoredModel implements ModelTensors {
  private final StoredTensors files;
  private final ObjectNode config;
  private final StoredOutline outline;
  private final boolean body;

  StoredModel(Path model) {
    this(model, false);
  }

  /**
   * @param body whether only what stands before a head is meant
   */
  StoredModel(Path model, boolean body) {
    Native.load();
    this.files = ModelLoader.files(model, true);
    this.config = ModelLoader.config(model, files);
    this.body = body;
    String where = HfFolder.configName(model);
    this.outline =
        body
            ? StoredOutline.of(
                NewHead.over(files, config), HeadConfig.ANY.over(config), where, Optional.empty())
            : StoredOutline.of(files, config, where, Optional.empty());
  }

  @Override
  public ObjectNode config() {
    return config;
  }

  @Override
  public Set<String> names() {
    Set<String> names = new LinkedHashSet<>(outline.model().parameters().all().keySet());
    names.removeIf(name -> body && !files.has(name));
    return names;
  }

  @Override
  public long[] shape(String name) {
    return Tensors.shape(
        Objects.requireNonNull(outline.model().parameters().all().get(name), name));
  }

  @Override
  public boolean isTransposed(String name) {
    return outline.isTransposed(name);
  }

  @Override
  public Tensor read(String name) {
    if (!files.isQuantized(name)) {
      return files.read(name);
    }
    long[] there = files.shape(name).orElseThrow();
    Tensor out = torch.empty(there, Tensors.options(ScalarType.Float, Device.CPU), null);
    files.read(name, Init.NORMAL, out);
    return Arrays.equals(there, shape(name)) ? out : out.t(); // bitsandbytes' are (out, in)
  }
}
