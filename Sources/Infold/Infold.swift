// The public API of `import Infold`: models and their graphs, sessions, tensors, errors, and the
// protocols of custom operators. It is an explicit list, so that nothing is exported by accident.

@_exported import struct InfoldSystem.InfoldError
@_exported import enum InfoldSystem.InfoldVersion

@_exported import struct InfoldTensor.BFloat16
@_exported import enum InfoldTensor.Dimension
@_exported import enum InfoldTensor.ElementType
@_exported import protocol InfoldTensor.FloatingPointElement
@_exported import protocol InfoldTensor.IntegerElement
@_exported import enum InfoldTensor.NumPyFile
@_exported import protocol InfoldTensor.NumericElement
@_exported import struct InfoldTensor.Shape
@_exported import struct InfoldTensor.SplitMix64
@_exported import struct InfoldTensor.Tensor
@_exported import protocol InfoldTensor.TensorElement
@_exported import struct InfoldTensor.TensorType

@_exported import enum InfoldGraph.AffineForm
@_exported import struct InfoldGraph.Arity
@_exported import enum InfoldGraph.Attribute
@_exported import struct InfoldGraph.AttributeList
@_exported import struct InfoldGraph.AttributeReader
@_exported import struct InfoldGraph.AxisMapping
@_exported import enum InfoldGraph.BroadcastRule
@_exported import enum InfoldGraph.DeclaredShapes
@_exported import struct InfoldGraph.ElementCombination
@_exported import enum InfoldGraph.ElementFunction
@_exported import struct InfoldGraph.ElementTypeSet
@_exported import struct InfoldGraph.EvaluationContext
@_exported import struct InfoldGraph.Graph
@_exported import struct InfoldGraph.IndependentAxis
@_exported import struct InfoldGraph.Initializer
@_exported import struct InfoldGraph.LinearForm
@_exported import struct InfoldGraph.Model
@_exported import struct InfoldGraph.ModelBuilder
@_exported import struct InfoldGraph.ModelWarning
@_exported import struct InfoldGraph.Node
@_exported import struct InfoldGraph.NodeID
@_exported import protocol InfoldGraph.Operator
@_exported import enum InfoldGraph.OperatorFamily
@_exported import struct InfoldGraph.OperatorInputs
@_exported import struct InfoldGraph.OperatorRegistry
@_exported import struct InfoldGraph.SymbolicTensor
@_exported import enum InfoldGraph.QuantizationRole
@_exported import enum InfoldGraph.QuantizedForm
@_exported import struct InfoldGraph.ReferenceEvaluator
@_exported import struct InfoldGraph.Value
@_exported import struct InfoldGraph.ValueID
@_exported import enum InfoldGraph.Widening
@_exported import struct InfoldGraph.Deprecation

@_exported import protocol InfoldOperators.ArithmeticOperator
@_exported import protocol InfoldOperators.BinaryOperator
@_exported import protocol InfoldOperators.ComparisonOperator
@_exported import protocol InfoldOperators.ElementMovingOperator
@_exported import protocol InfoldOperators.FloatingPointOperator
@_exported import protocol InfoldOperators.LogicalOperator
@_exported import protocol InfoldOperators.NumericOperator
@_exported import protocol InfoldOperators.NumericUnaryOperator
@_exported import struct InfoldOperators.ReductionAxes
@_exported import protocol InfoldOperators.ReductionOperator
@_exported import protocol InfoldOperators.UnaryOperator
@_exported import protocol InfoldOperators.VariadicOperator

@_exported import struct InfoldONNX.ModelLimits
@_exported import struct InfoldONNX.TensorFile

@_exported import struct InfoldPasses.ChannelAffine
@_exported import struct InfoldPasses.FoldBatchNormalization
@_exported import struct InfoldPasses.FoldReport
@_exported import struct InfoldPasses.FoldedGraph
@_exported import struct InfoldPasses.FoldedModel
@_exported import protocol InfoldPasses.GraphPass
@_exported import struct InfoldPasses.OptimizationPipeline
@_exported import struct InfoldPasses.PassResult

@_exported import struct InfoldRuntime.Layer
@_exported import struct InfoldRuntime.LayerTime
@_exported import struct InfoldRuntime.PlanDescription
@_exported import struct InfoldRuntime.PlanSummary
@_exported import class InfoldRuntime.ReferenceSession
@_exported import class InfoldRuntime.Session
@_exported import protocol InfoldRuntime.SessionObserver
@_exported import struct InfoldRuntime.SessionObservers
@_exported import struct InfoldRuntime.SessionOptions
@_exported import struct InfoldRuntime.SessionResults
@_exported import class InfoldRuntime.SharedMemoryLimit
@_exported import struct InfoldRuntime.ValueInfo
@_exported import func InfoldRuntime.throwingCancellationErrors
