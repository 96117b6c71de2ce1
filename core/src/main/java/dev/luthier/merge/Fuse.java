package dev.luthier.merge;

import dev.luthier.LuthierException;
import dev.luthier.checkpoint.LoadedModel;
import dev.luthier.checkpoint.ModelFiles;
import dev.luthier.checkpoint.ModelLoader;
import dev.luthier.format.AtomicFile;
import dev.luthier.format.DType;
import dev.luthier.format.HfFolder;
import dev.luthier.tensor.ComputeDtype;
import dev.luthier.tensor.Device;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Multiplies an adapter into its base: {@code W + s B A}, computed in float32 and rounded once to
 * the base's own dtype. The result is an ordinary model folder.
 */
public final class Fuse {
  private Fuse() {}

  /**
   * Writes the fused model.
   *
   * @param model the base's folder
   * @param adapter the PEFT folder
   * @param output a folder that is not there yet
   * @return the dtype that the weights are stored in
   */
  public static DType run(Path model, Path adapter, Path output, Device device) {
    if (Files.exists(output)) {
      throw new LuthierException(output + " is there already; choose a new folder with --output");
    }
    DType stored = ModelFiles.storedDtype(HfFolder.model(model));
    // A bfloat16 base stays mapped and is widened one matrix at a time; anything else is held in
    // float32.
    ComputeDtype hold = stored == DType.BF16 ? ComputeDtype.BFLOAT16 : ComputeDtype.FLOAT32;
    LoadedModel loaded = new ModelLoader(hold, device).lora(model, HfFolder.adapter(adapter));
    AtomicFile.writeFolder(
        output,
        temporary -> {
          ModelFiles.writeFused(temporary, loaded, stored);
          HfFolder.copySideFiles(model, temporary);
          HfFolder.copySideFiles(adapter, temporary);
        });
    return stored;
  }
}
