package dev.luthier.format;

import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/** A file of tensors whose header has been read and checked; data is read when it is asked for. */
public interface WeightFile {
  /** The file. */
  Path path();

  /** Its tensors by name, in its own order. */
  Map<String, TensorInfo> tensors();

  /** What it says of itself, or what was made of it to read it. */
  Map<String, String> metadata();

  /** Names that stand for a stored tensor (tied weights), which are not among the tensors. */
  Map<String, String> aliases();

  /**
   * A tensor of this file for another file; its bytes are copied when they are written.
   *
   * @param info of a tensor that stands row-major
   */
  default SafetensorsWriter.Entry entry(TensorInfo info) {
    return new SafetensorsWriter.Entry(
        info.name(),
        info.dtype(),
        info.shape(),
        target -> {
          try (FileChannel source = FileChannel.open(path(), StandardOpenOption.READ)) {
            SafetensorsFile.copy(source, info.offset(), info.length(), target);
          }
        });
  }
}
