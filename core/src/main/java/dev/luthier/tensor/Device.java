package dev.luthier.tensor;

import dev.luthier.UsageException;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Where tensors live: {@code cpu}, {@code cuda:N} or {@code mps}.
 *
 * @param name the name as the user writes it
 */
public record Device(String name) {
  private static final Pattern SYNTAX = Pattern.compile("cpu|mps|cuda(:\\d{1,2})?");

  /** The processor. */
  public static final Device CPU = new Device("cpu");

  /** Where tensors have a shape and no values, and take no memory. */
  public static final Device META = new Device("meta");

  /**
   * Refuses names that are not devices; whether the machine has it is {@link #check()}'s question.
   */
  public Device {
    if (!SYNTAX.matcher(name).matches() && !name.equals("meta")) {
      throw unknown(name);
    }
  }

  private static UsageException unknown(String name) {
    return new UsageException(
        "device is '" + name + "'; use cpu, cuda:0 (or another number), or mps");
  }

  /** This device, if this machine and this build have it. */
  public Device check() {
    Native.load();
    if (isMeta()) {
      throw unknown(name);
    }
    if (name.startsWith("cuda") && !torch.cuda_is_available()) {
      throw new UsageException(
          "device is '"
              + name
              + "' but CUDA is not available: build with LUTHIER_MAVEN_ARGS=-Pcuda on a machine with an NVIDIA"
              + " driver, or use --device cpu. See docs/troubleshooting.md#cuda");
    }
    if (name.equals("mps") && !System.getProperty("os.name", "").startsWith("Mac")) {
      throw new UsageException("device is 'mps', which only Apple machines have; use --device cpu");
    }
    return this;
  }

  /** Whether this is the processor. */
  public boolean isCpu() {
    return name.equals("cpu");
  }

  /** Whether tensors there have no values. */
  public boolean isMeta() {
    return name.equals("meta");
  }

  /** Waits until the device has done all that was asked of it; the processor always has. */
  public void finish() {
    if (name.startsWith("cuda")) {
      torch.cuda_synchronize();
    }
  }

  org.bytedeco.pytorch.Device torch() {
    return new org.bytedeco.pytorch.Device(name);
  }

  @Override
  public String toString() {
    return name;
  }

  /** Where a tensor lies. */
  public static Device of(Tensor tensor) {
    return tensor.device().is_cpu() ? CPU : new Device(tensor.device().str().getString());
  }
}
