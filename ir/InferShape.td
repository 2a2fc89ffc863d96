//===- InferShape.td - the shape inference interface -------*- tablegen -*-===//
//
// Every op tells the types and contents of its results from those of its
// operands; see ir/InferShape.h for the context it talks to.
//
//===----------------------------------------------------------------------===//

#ifndef LAZULI_IR_INFERSHAPE_TD
#define LAZULI_IR_INFERSHAPE_TD

include "mlir/IR/OpBase.td"

def Lz_InferShapeOpInterface : OpInterface<"InferShapeOpInterface"> {
  let cppNamespace = "::lz";
  let description = [{
    The transfer function of shape inference. Called again and again with a
    context in which more is known each time; changes nothing but the context.
  }];
  let methods = [
    InterfaceMethod<[{
      Derives the types of all results (and the contents of small integer
      tensors), requires dimensions to agree, and reports what cannot work, in
      the user's terms at the op's location. Where an operand's rank is unknown
      the results stay unranked and success is returned.
    }],
    "::llvm::LogicalResult", "inferShape", (ins "::lz::ShapeContext &":$context)>
  ];
}

#endif // LAZULI_IR_INFERSHAPE_TD
