import { labManners } from './lab-manners.ts'
import type { Language } from './language.ts'
import { split, verbs } from './split.ts'

/** Held out: looked at for final figures only. */
export const labLanguage: Language = {
  manners: labManners,
  nouns: split(
    'sample assay plate titer culture enzyme primer genome vial buffer spectrum dose cohort subject ' +
      'protocol reagent pipette batch probe isotope cell tissue marker trial consent outcome reading ' +
      'sequence variant allele panel biopsy lesion antigen serum',
  ),
  verbs: verbs(
    'assay assayed assaying, dilute diluted diluting, label labelled labelling, align aligned aligning, ' +
      'fold folded folding, incubate incubated incubating, scan scanned scanning, ' +
      'sequence sequenced sequencing, normalise normalised normalising, plate plated plating, ' +
      'stain stained staining, freeze frozen freezing, thaw thawed thawing, annotate annotated annotating, ' +
      'enrol enrolled enrolling, report reported reporting',
  ),
  names: split(
    'assays plates cultures enzymes primers genomes vials spectra dosing cohorts subjects protocols ' +
      'reagents pipettes probes isotopes cells tissues markers trials consents outcomes sequencer ' +
      'variants alleles panels biopsies antigens serum freezer incubator scheduler reporter archive ' +
      'curation notebook imaging alignment folding screening',
  ),
  nameForms: ['<name>', 'lab.<name>', '<name>d', 'x-<name>', '<name>_core'],
  instanceForms: ['<name>-<rand>', '<name>-<i1>', '<name>-<hash>-<rand>'],
  peerForms: ['<name>', '<name>.internal:<port>', 'tcp://<name>:<port>'],
  outside: split('genbank refstore courier-hub eu-registry biocloud payrail'),
  outsideForms: ['<name>', '<name>.io:443'],
  databases: split('scylla store-a store-b foundation ydb ledgerdb'),
  caches: split('ets-cache memo-kv hazel aero'),
  brokers: split('nsq iggy redpanda zeromq-hub'),
  classes: split('Server Agent Registry Supervisor Stage Actor Pipe Codec'),
  syllables: split('zy qo fru ilm axe wyn oph tyr'),
  reasons: [
    {
      timeout: ':timeout',
      refused: ':econnrefused',
      reset: ':closed',
      busy: ':overload',
      failed: ':remote_crash',
      rejected: ':badarg',
      denied: ':unauthorized',
      pool: ':checkout_timeout',
      disk: ':enospc',
      open: ':fuse_blown',
    },
    {
      timeout: 'timed out',
      refused: 'refused',
      reset: 'broken pipe',
      busy: 'full',
      failed: 'peer error',
      rejected: 'bad request',
      denied: 'wrong password',
      pool: 'no conn',
      disk: 'disk full',
      open: 'tripped',
    },
    {
      timeout: 'E1007',
      refused: 'E1001',
      reset: 'E1003',
      busy: 'E1012',
      failed: 'E2000',
      rejected: 'E2022',
      denied: 'E1040',
      pool: 'E1020',
      disk: 'E3028',
      open: 'E1030',
    },
  ],
  words: split(
    'red amber green violet fast slow left right upper lower fresh frozen dry wet single double triple ' +
      'control blind open',
  ),
}
