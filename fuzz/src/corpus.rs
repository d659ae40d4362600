//! Writes good objects for each target into fuzz/corpus.

use std::error::Error;
use std::path::Path;
use std::fs;

use seal_nn::Rotation;
use seal_nn::nn::split::SplitSetup;
use seal_nn::protocol::Deployment;
use seal_nn::seal::integer::{Bfv, Bgv};
use seal_nn::seal::*;
use seal_nn_fuzz::integer;

fn main() -> Result<(), Box<dyn Error>> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let save = |target: &str, bytes: &[u8]| {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder).and_then(|()| fs::write(folder.join("good"), bytes))
    };
    let (parameters, context) = (seal_nn_fuzz::parameters(), seal_nn_fuzz::context());
    let mut keys = KeyGenerator::new(context)?;
    let secret = keys.secret_key()?;
    let plain = Encoder::new(context)?.encode(&[0.5, -1.5], context.top_level(), 12_f64.exp2())?;
    let encryptor = SymmetricEncryptor::new(context, &secret)?;
    let (public, encrypted) = (keys.create_public_key()?, encryptor.encrypt(&plain)?);

    save("parameters", &parameters.to_bytes())?;
    save("plaintext", &plain.to_bytes()?)?;
    save("ciphertext", &encrypted.to_bytes()?)?;
    save("secret_key", &secret.to_bytes()?)?;
    save("public_key", &public.to_bytes()?)?;
    save("relin_keys", &keys.create_relin_keys()?.to_bytes()?)?;
    save("galois_keys", &keys.create_galois_keys(&[Rotation(1)])?.to_bytes()?)?;
    save("seeded_ciphertext", &encryptor.encrypt_seeded(&plain)?.to_bytes()?)?;
    save("seeded_public_key", &keys.create_seeded_public_key()?.to_bytes()?)?;
    save("seeded_relin_keys", &keys.create_seeded_relin_keys()?.to_bytes()?)?;
    save("seeded_galois_keys", &keys.create_seeded_galois_keys(&[Rotation(1)])?.to_bytes()?)?;
    let levels = HybridKeyLevels::all(&parameters, &[Rotation(1)]);
    save("hybrid_keys", &keys.create_seeded_hybrid_keys(&levels)?.to_bytes()?)?;
    save("packed", &encrypted.to_wire()?)?;
    let widths = SplitSetup::new(&[4, 3], 50);
    let layerwise = Deployment::of_layerwise_training(&widths, &Default::default(), &Default::default(), 0.0)?;
    save("offer", &layerwise.to_bytes()?)?;
    let mut container = Container::new(&parameters);
    container.add(&public)?.add(&encrypted)?.add(&keys.create_seeded_relin_keys()?)?;
    save("container", &container.to_bytes())?;
    save("secret_container", &SecretContainer::new(&secret)?.to_bytes())?;
    for (target, objects) in [("bfv", integer::good_objects::<Bfv>()?), ("bgv", integer::good_objects::<Bgv>()?)] {
        let folder = corpus.join(target);
        fs::create_dir_all(&folder)?;
        for (index, object) in objects.iter().enumerate() {
            fs::write(folder.join(format!("good-{index}")), object)?;
        }
    }
    println!("good objects for each target in {}", corpus.display());
    Ok(())
}
