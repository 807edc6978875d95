/** Words that suit any surname. */
export const adjectives: readonly string[] = words(`
  agile airy amber ample apt azure bold brave breezy bright brisk bubbly calm candid careful cheerful chilly clear clever
  coastal cosy crisp curious dapper daring deft dreamy eager early earnest easy fair fearless festive fluent fond frank
  fresh frosty gentle gifted glad golden graceful handy happy hardy hearty honest humble jaunty jolly keen kind lively
  loyal lucid lucky mellow merry mild modest neat nimble noble patient placid plucky polite proud quick quiet rapid
  ready robust rosy serene sharp silver sincere sleek smart snug sober spry steady sunny swift tidy tranquil trusty
  upbeat vivid warm wise witty zesty`);

/** People of science, mathematics and engineering. */
export const surnames: readonly string[] = words(`
  abel agnesi alhazen ampere archimedes aryabhata avicenna babbage banneker bassi bell berners blackwell bohr boole bose
  brahe brahmagupta burnell carson carver cauchy celsius chandra chatelet chien clarke copernicus cori crick curie
  cuvier dalton darwin descartes dijkstra dirac easley edison einstein elion erdos euclid euler faraday fermat fermi
  feynman fibonacci fleming fourier franklin galileo galois gauss germain goodall hamilton hawking heisenberg herschel
  hertz hilbert hodgkin hooke hopper hubble huygens hypatia jemison johnson joule kepler kelvin khayyam kilby knuth
  kovalevskaya lamarr lagrange laplace lavoisier leavitt leibniz lister lovelace maathai mcclintock meitner mendel
  mendeleev mirzakhani morse napier newton nightingale nobel noether ohm pascal pasteur pauli payne planck poincare
  ptolemy ramanujan raman ride riemann ritchie rubin sagan salk shannon somerville tesla tereshkova thales torvalds
  tu turing vaughan volta wallace watt wiles wright wu yalow yonath zhukovsky zuse`);

function words(text: string): string[] {
  return text.trim().split(/\s+/);
}
