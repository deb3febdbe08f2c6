import Infold

let model = try Model(path: "Models/efficientnet-lite0.onnx")
let session = try Session(model)  // folds, fuses and packs; may be run by any number of tasks at once
for input in session.inputs { print("in: ", input.name, input.type!) }
for output in session.outputs { print("out:", output.name, output.type!) }

// A gray picture, scaled as Models/efficientnet-lite0.json says: (127 − 127) / 128.
let pixels = [Float](repeating: 0, count: 3 * 224 * 224)
let outputs = try session.run(["input": Tensor(shape: [1, 3, 224, 224], pixels)])

let probabilities = outputs["probs"]!
let best = try probabilities.topK(3)[0].map(\.index)
print("of", probabilities.shape, "the best classes are", best)
