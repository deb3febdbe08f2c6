import Glibc
import InfoldKernelInterface
import Testing

@Suite struct GateTests {
  private func sigmoid(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

  @Test(arguments: kernelSets.indices) func memoryGates(set: Int) {
    for size in Array(1...40) + [100] {
      let rows = 3, distance = size + size % 3, stride = 4 * distance + 3, cellStride = size + 1,
        resultStride = size + 2
      let given = Buffer(random: rows * stride, seed: 1), before = Buffer(random: rows * cellStride, seed: 2)
      let result = Buffer(rows * resultStride - 2), cell = Buffer(before.values)
      let gates = Buffer(rows * stride)
      func run(_ range: Range<Int>) {
        for index in given.values.indices { gates.base[index] = given.base[index] }
        kernelSets[set].memoryGates(
          MemoryGateArguments(
            gates: gates.base, gateStride: stride, gateDistance: distance, cell: cell.base, cellStride: cellStride,
            result: result.base, resultStride: resultStride, size: size), rows: range)
      }
      run(0..<rows)
      let (results, cells) = (result.values, cell.values)
      for index in before.values.indices { cell.base[index] = before.values[index] }
      for row in 0..<rows { run(row..<row + 1) }
      #expect(result.values == results && cell.values == cells && result.isIntact && cell.isIntact)
      for row in 0..<rows {
        for unit in 0..<size {
          func gate(_ index: Int) -> Double { Double(given.base[row * stride + index * distance + unit]) }
          let c =
            sigmoid(gate(2)) * Double(before.base[row * cellStride + unit]) + sigmoid(gate(0)) * tanh(gate(3))
          let h = sigmoid(gate(1)) * tanh(c)
          #expect(abs(Double(cells[row * cellStride + unit]) - c) <= 1e-6 * max(1, abs(c)))
          #expect(abs(Double(results[row * resultStride + unit]) - h) <= 1e-6)
        }
      }
    }
  }

  @Test(arguments: kernelSets.indices, [true, false]) func updateGates(set: Int, hasProducts: Bool) {
    for size in Array(1...40) + [100] {
      let rows = 3, distance = size + size % 3, stride = 3 * distance + 3, productStride = 3 * distance + 1
      let hiddenStride = size + 1
      let given = Buffer(random: rows * stride, seed: 1), gates = Buffer(rows * stride),
        products = Buffer(random: rows * productStride, seed: 2)
      let hidden = Buffer(random: rows * hiddenStride, seed: 3), result = Buffer(rows * (size + 2) - 2)
      #expect(
        isIndependentOfRange(units: rows, output: result) { range in
          for index in given.values.indices { gates.base[index] = given.base[index] }
          kernelSets[set].updateGates(
            UpdateGateArguments(
              gates: gates.base, gateStride: stride, gateDistance: distance,
              products: hasProducts ? products.input : nil, productStride: productStride, hidden: hidden.input,
              hiddenStride: hiddenStride, result: result.base,
              resultStride: size + 2, size: size), rows: range)
        })
      for row in 0..<rows {
        for unit in 0..<size {
          func gate(_ index: Int) -> Double { Double(given.base[row * stride + index * distance + unit]) }
          func product(_ index: Int) -> Double {
            hasProducts ? Double(products.base[row * productStride + index * distance + unit]) : 0
          }
          let z = sigmoid(gate(0) + product(0)), r = sigmoid(gate(1) + product(1))
          let h = (1 - z) * tanh(gate(2) + r * product(2)) + z * Double(hidden.base[row * hiddenStride + unit])
          #expect(abs(Double(result.base[row * (size + 2) + unit]) - h) <= 2e-6)
        }
      }
    }
  }
}
