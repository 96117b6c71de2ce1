package dev.luthier.optim;

import java.io.IOException;
import java.util.List;
import org.bytedeco.pytorch.Tensor;

/** What an optimizer keeps for one parameter, wherever that is. */
sealed interface ParameterState permits ResidentState, PagedState {
  /** What is done with a slice. */
  interface Visitor {
    /**
     * @param from the slice's first element of the flat parameter
     * @param length its elements
     * @param slots its part of every slot, flat unless the parameter is not cut; they belong to the
     *     caller
     */
    void visit(long from, long length, List<Tensor> slots) throws IOException;
  }

  /** Its slots and slices. */
  StateLayout layout();

  /** Visits all slices in order; what the visitor changes is gone afterwards. */
  void read(Visitor visitor) throws IOException;

  /** Visits all slices in order; what the visitor changes is kept. */
  void update(Visitor visitor) throws IOException;

  /** Frees its memory. */
  void close();
}
