package dev.luthier.format;

import dev.luthier.LuthierException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * The model's tensors in a file that torch.save wrote ({@code .bin}, {@code .pt}, {@code .pth}; see
 * {@link TorchLayout}). Opening reads the pickle and no tensor; a pickle that holds more than
 * tensors and plain containers is refused ({@link Unpickler}), and no view may reach beyond its
 * storage, no storage beyond the file.
 *
 * <p>Tensors that are the same view of the same storage (tied weights) are there once, under the
 * first name; the other names are aliases, as they are in a safetensors file.
 *
 * @param metadata the layout; the key under which the tensors stood; the prefix that was taken from
 *     their names
 */
public record TorchFile(
    Path path,
    Map<String, TensorInfo> tensors,
    Map<String, String> metadata,
    Map<String, String> aliases)
    implements WeightFile {
  /** Makes the maps unmodifiable, keeping their order. */
  public TorchFile {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    metadata = Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
    aliases = Collections.unmodifiableMap(new LinkedHashMap<>(aliases));
  }

  /**
   * Reads and checks everything but the tensors' data.
   *
   * @throws LuthierException naming the file and what is wrong with it
   */
  public static TorchFile open(Path path) {
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      TorchLayout layout = TorchLayout.read(path.toString(), channel);
      StateDict chosen = StateDict.of(layout.object());
      Map<String, String> metadata = new LinkedHashMap<>();
      metadata.put("torch.save", layout.name());
      if (!chosen.key().isEmpty()) {
        metadata.put("state dict", chosen.key());
      }
      if (!chosen.prefix().isEmpty()) {
        metadata.put("prefix removed", chosen.prefix());
      }
      return of(path, layout, chosen, metadata, channel.size());
    } catch (PickleException e) {
      throw refused(path.toString(), e.what());
    } catch (IOException e) {
      throw new LuthierException(path + " cannot be read: " + Reason.of(e), e);
    }
  }

  static LuthierException refused(String where, String what) {
    return new LuthierException(
        where + ": " + what + ". See docs/troubleshooting.md#pytorch-files");
  }

  private static TorchFile of(
      Path path, TorchLayout layout, StateDict chosen, Map<String, String> metadata, long fileSize)
      throws PickleException {
    Map<String, TensorInfo> tensors = new LinkedHashMap<>();
    Map<String, String> aliases = new LinkedHashMap<>();
    Map<TorchTensor, String> first = new LinkedHashMap<>();
    for (Map.Entry<String, TorchTensor> entry : chosen.tensors().entrySet()) {
      TorchTensor tensor = entry.getValue();
      String other = tensor.shape().contains(0L) ? null : first.putIfAbsent(tensor, entry.getKey());
      if (other != null) {
        aliases.put(entry.getKey(), other);
      } else {
        tensors.put(entry.getKey(), info(entry.getKey(), tensor, layout, fileSize));
      }
    }
    return new TorchFile(path, tensors, metadata, aliases);
  }

  private static TensorInfo info(String name, TorchTensor tensor, TorchLayout layout, long fileSize)
      throws PickleException {
    FileRegion storage = layout.storages().get(tensor.storage().key());
    if (storage == null) {
      throw new PickleException("tensor '" + Problems.shortened(name) + "' has no data");
    }
    return new TensorInfo(
        name,
        tensor.dtype(),
        tensor.shape(),
        storage.offset() + tensor.firstByte(),
        length(name, tensor, fileSize),
        tensor.isContiguous()
            ? Optional.empty()
            : Optional.of(new TensorInfo.View(tensor.shape(), tensor.strides())));
  }

  /** An expanded tensor repeats its elements, and so can claim any size. */
  private static long length(String name, TorchTensor tensor, long fileSize)
      throws PickleException {
    long bytes = tensor.dtype().bytes();
    boolean none = tensor.shape().contains(0L);
    for (long n : tensor.shape()) {
      bytes = none ? 0 : bytes > fileSize / n ? Long.MAX_VALUE / 2 : bytes * n;
    }
    if (bytes > fileSize) {
      throw new PickleException(
          "tensor '"
              + Problems.shortened(name)
              + "' of shape "
              + tensor.shape()
              + " repeats its elements to more than the whole file");
    }
    return bytes;
  }
}
