//! The compiler run: settings from `contracts/foundry.toml`, compiler from `scripts/solc`, cache under `target/`.
//!
//! Downloads nothing: foundry-compilers is built without its compiler manager, and the project is offline.

use std::path::Path;

use anyhow::{Context, Result, bail};
use foundry_compilers::artifacts::remappings::Remapping;
use foundry_compilers::artifacts::{BytecodeHash, EvmVersion, Settings, SettingsMetadata};
use foundry_compilers::solc::{Solc, SolcCompiler, SolcSettings};
use foundry_compilers::{Project, ProjectBuilder, ProjectPathsConfig};
use serde::Deserialize;

use crate::exported::Exported;

/// Interfaces first; `true` where the bytecode is exported, too.
const CONTRACTS: [(&str, bool); 5] = [
    ("ICustody", false),
    ("ICustodyLeaves", false),
    ("ICustodyToken", false),
    ("Custody", true),
    ("CustodyToken", true),
];

/// The part of `foundry.toml` that decides about bytecode, so that forge and this tool cannot differ in it.
#[derive(Debug, Deserialize)]
struct FoundryToml {
    profile: Profiles,
}

#[derive(Debug, Deserialize)]
struct Profiles {
    default: Profile,
}

#[derive(Debug, Deserialize)]
struct Profile {
    src: String,
    libs: Vec<String>,
    remappings: Vec<String>,
    solc: String,
    evm_version: String,
    optimizer: bool,
    optimizer_runs: usize,
    bytecode_hash: String,
    cbor_metadata: bool,
    additional_compiler_profiles: [CompilerProfile; 1],
}

/// The one of what is deployed.
#[derive(Debug, Deserialize)]
struct CompilerProfile {
    via_ir: bool,
}

/// Compiles the sources (tests excluded) of the checkout at `root`.
pub(crate) fn compile(root: &Path) -> Result<Vec<Exported>> {
    let contracts = root.join("contracts");
    let profile = read_profile(&contracts.join("foundry.toml"))?;
    let output = project(root, &contracts, &profile)?.compile().context(
        "cannot run the compiler; are the npm packages of the checkout and of contracts/ installed?",
    )?;
    if output.has_compiler_errors() {
        bail!("the contracts do not compile:\n{output}");
    }
    CONTRACTS
        .iter()
        .map(|&(contract, with_bytecode)| {
            let artifact = output
                .find_first(contract)
                .with_context(|| format!("no contract {contract} in the output"))?;
            let abi = artifact
                .abi
                .as_ref()
                .with_context(|| format!("no ABI of {contract}"))?;
            let bytecode = |part: Option<String>| {
                part.filter(|code| code.len() > "0x".len())
                    .with_context(|| format!("no linked bytecode of {contract}"))
            };
            let creation = artifact
                .bytecode
                .as_ref()
                .and_then(|code| code.object.as_bytes())
                .map(ToString::to_string);
            let deployed = artifact
                .deployed_bytecode
                .as_ref()
                .and_then(|code| code.bytecode.as_ref())
                .and_then(|code| code.object.as_bytes())
                .map(ToString::to_string);
            Ok(Exported {
                contract,
                abi: serde_json::to_value(abi)?,
                bytecode: with_bytecode.then(|| bytecode(creation)).transpose()?,
                deployed_bytecode: with_bytecode.then(|| bytecode(deployed)).transpose()?,
            })
        })
        .collect()
}

fn read_profile(path: &Path) -> Result<Profile> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let file: FoundryToml =
        toml::from_str(&text).with_context(|| format!("cannot parse {}", path.display()))?;
    Ok(file.profile.default)
}

fn project(root: &Path, contracts: &Path, profile: &Profile) -> Result<Project<SolcCompiler>> {
    let scratch = root.join("target/abi-export");
    let remappings = profile
        .remappings
        .iter()
        .map(|text| {
            let mut remapping: Remapping = text.parse().with_context(|| format!("bad remapping {text}"))?;
            remapping.path = contracts.join(&remapping.path).display().to_string();
            Ok(remapping)
        })
        .collect::<Result<Vec<_>>>()?;
    let paths = ProjectPathsConfig::builder()
        .root(contracts)
        .sources(contracts.join(&profile.src))
        // Nothing of these is compiled; they only must not be the defaults inside contracts/.
        .tests(scratch.join("no-tests"))
        .scripts(scratch.join("no-scripts"))
        .libs(profile.libs.iter().map(|lib| contracts.join(lib)))
        .remappings(remappings)
        .artifacts(scratch.join("artifacts"))
        .build_infos(scratch.join("build-info"))
        .cache(scratch.join("cache.json"))
        .build()?;
    let solc = Solc::new(contracts.join(&profile.solc))
        .with_context(|| format!("cannot start {}; run `npm ci` in the checkout", profile.solc))?;
    Ok(ProjectBuilder::default()
        .paths(paths)
        .settings(SolcSettings {
            settings: settings(profile)?,
            ..SolcSettings::default()
        })
        .offline()
        .single_solc_jobs()
        .build(SolcCompiler::Specific(solc))?)
}

fn settings(profile: &Profile) -> Result<Settings> {
    let mut settings = Settings::default();
    settings.optimizer.enabled = Some(profile.optimizer);
    settings.optimizer.runs = Some(profile.optimizer_runs);
    let [deployed] = &profile.additional_compiler_profiles;
    settings.via_ir = Some(deployed.via_ir);
    settings.evm_version = Some(
        profile
            .evm_version
            .parse::<EvmVersion>()
            .map_err(|unknown| anyhow::anyhow!("unknown evm_version {unknown}"))?,
    );
    settings.metadata = Some(SettingsMetadata {
        use_literal_content: None,
        bytecode_hash: Some(
            profile
                .bytecode_hash
                .parse::<BytecodeHash>()
                .map_err(|error| anyhow::anyhow!("bad bytecode_hash: {error}"))?,
        ),
        cbor_metadata: Some(profile.cbor_metadata),
    });
    Ok(settings)
}
