package dev.luthier.optim;

import dev.luthier.LuthierException;
import dev.luthier.format.Reason;
import dev.luthier.tensor.Device;
import dev.luthier.tensor.Grad;
import dev.luthier.tensor.Tensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;

/**
 * Moves parameters by their gradients, and holds what the rules keep for that. All parameters at
 * once ({@link #step}), or each as soon as its gradient is complete: {@link #begin} and then {@link
 * #update} for each, in any order; the weights are the same bit for bit.
 */
public final class Optimizer implements AutoCloseable {
  /**
   * A parameter under training.
   *
   * @param tensor a float32 leaf, contiguous
   * @param rule how it moves
   * @param rateFactor the step's learning rate is multiplied with it
   * @param weightDecay its own
   * @param paged whether its state is in the file; only that of element-wise rules can be
   */
  public record Parameter(
      Tensor tensor, UpdateRule rule, double rateFactor, double weightDecay, boolean paged) {
    /** Refuses to page what is not cut into slices. */
    public Parameter {
      if (paged && !rule.elementwise()) {
        throw new IllegalArgumentException("the state of " + rule + " cannot be paged");
      }
    }
  }

  private final Map<String, Parameter> parameters;
  private final Map<String, ParameterState> states = new LinkedHashMap<>();
  private final Optional<PageFile> file;
  private double learningRate;
  private long steps;

  /**
   * Allocates all state, at zero.
   *
   * @param parameters by name
   * @param device where they are
   * @param scratch the file for paged state; it is made only if there is any
   */
  public Optimizer(Map<String, Parameter> parameters, Device device, Path scratch) {
    this.parameters = new LinkedHashMap<>(parameters);
    List<StateLayout> paged =
        parameters.values().stream().filter(Parameter::paged).map(Optimizer::layout).toList();
    file =
        paged.isEmpty()
            ? Optional.empty()
            : Optional.of(
                new PageFile(scratch, paged.stream().flatMap(StateLayout::pages).toList()));
    int page = 0;
    try (PointerScope scope = new PointerScope()) {
      for (Map.Entry<String, Parameter> e : this.parameters.entrySet()) {
        StateLayout layout = layout(e.getValue());
        if (e.getValue().paged()) {
          states.put(e.getKey(), new PagedState(layout, file.orElseThrow(), page, device));
          page += layout.slices();
        } else {
          states.put(e.getKey(), new ResidentState(layout, device));
        }
      }
    }
  }

  private static StateLayout layout(Parameter p) {
    return StateLayout.of(p.rule(), Tensors.shape(p.tensor()));
  }

  /** Updates every parameter that has a gradient. */
  public void step(double learningRate) {
    begin(learningRate);
    parameters.forEach(
        (name, p) -> {
          try (PointerScope scope = new PointerScope()) {
            Tensor gradient = p.tensor().grad();
            if (gradient.defined()) {
              update(name, gradient);
            }
          }
        });
  }

  /** Starts the next step; each parameter may then be updated once. */
  public void begin(double learningRate) {
    this.learningRate = learningRate;
    steps++;
  }

  /**
   * Updates one parameter in the current step.
   *
   * @param gradient complete, of the parameter's shape; it stays as it is
   */
  public void update(String name, Tensor gradient) {
    Parameter parameter = parameters.get(name);
    ParameterState state = states.get(name);
    if (parameter == null || state == null) {
      throw new IllegalArgumentException(name + " is not trained");
    }
    UpdateRule.Step step =
        new UpdateRule.Step(steps, learningRate * parameter.rateFactor(), parameter.weightDecay());
    boolean whole = state.layout().whole();
    try (PointerScope scope = new PointerScope();
        Grad off = Grad.off()) {
      Tensor p = whole ? parameter.tensor().detach() : parameter.tensor().detach().view(-1);
      Tensor g = whole ? gradient.contiguous() : gradient.reshape(-1);
      state.update(
          (from, length, slots) ->
              parameter
                  .rule()
                  .update(
                      whole ? p : p.narrow(0, from, length),
                      whole ? g : g.narrow(0, from, length),
                      slots,
                      step));
    } catch (IOException e) {
      throw new LuthierException("optimizer state of " + name + ": " + Reason.of(e), e);
    }
  }

  /**
   * Writes all state to a safetensors file: under the parameter's name and the slot's, {@code
   * NAME.exp_avg}.
   *
   * @param metadata what else the file says of itself
   */
  public void write(Path path, Map<String, String> metadata) {
    StateFile.write(path, states, metadata);
  }

  /**
   * Reads all state back.
   *
   * @param steps how many were done when it was written
   * @throws LuthierException if the file cannot be read or is that of another optimizer
   */
  public void read(Path path, long steps) {
    StateFile.read(path, states);
    this.steps = steps;
  }

  /** Steps begun so far. */
  public long steps() {
    return steps;
  }

  /** Frees all state; a file of it is deleted. */
  @Override
  public void close() {
    states.values().forEach(ParameterState::close);
    file.ifPresent(PageFile::close);
  }
}
