/// All kernels of float32 numbers, compiled for one instruction set.
public protocol KernelSet: ConvolutionKernels, LanewiseKernels, PointwiseKernels {}
